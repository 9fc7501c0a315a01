// What a driver in C++ adds to stub.c.
#include <cstring>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

static thread_local std::string name = "fresh"; // its constructor runs on each thread

extern "C" int stub_throw() {
	try {
		throw std::runtime_error("driver");
	} catch (const std::exception &e) {
		return std::strlen(e.what());
	}
}

// 16 threads, each with a string of its own.
extern "C" int stub_names() {
	std::vector<std::thread> threads;
	std::vector<int> good(16);
	for (int t = 0; t < 16; t++)
		threads.emplace_back([t, &good] {
			bool fresh = name == "fresh";
			name = std::to_string(t);
			std::this_thread::yield();
			good[t] = fresh && name == std::to_string(t);
		});
	int sum = 0;
	for (int t = 0; t < 16; t++) threads[t].join(), sum += good[t];
	return name == "fresh" ? sum : -1;
}
