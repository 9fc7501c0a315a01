// A stand-in for a driver: what drivers do that a loader must bear, one function each.
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <pthread.h>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>
#include <sys/wait.h>
#include <vector>

static int constructed;
__attribute__((constructor)) static void construct() { constructed = 42; }

static thread_local std::string name = "fresh"; // has a constructor that runs on each thread
static __thread long counter = 7;

extern "C" {

int stub_constructed() { return constructed; }

// Decimal digits, the first argument in front: a mix-up shows.
long stub_args14(long a, long b, long c, long d, long e, long f, long g, long h, long i, long j, long k, long l, long m, long n) {
	long args[] = {a, b, c, d, e, f, g, h, i, j, k, l, m, n};
	long sum = 0;
	for (long x : args) sum = sum * 10 + x;
	return sum;
}

// As cblas_sgemm mixes them: integers on the stack and 32-bit floats between.
float stub_mixed(long a, long b, float x, long c, long d, double y, long e, long f, long g, float z) {
	return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + x * float(y) - z;
}

double stub_floats(double a, double b, double c, double d, double e, double f, double g, double h) {
	return a + 2 * b + 4 * c + 8 * d + 16 * e + 32 * f + 64 * g + 128 * h;
}

// The stack must be aligned: the compiler stores vectors with aligned instructions.
long stub_aligned() {
	alignas(64) volatile char line[64];
	alignas(16) volatile char block[16];
	return (reinterpret_cast<unsigned long>(line) & 63) | (reinterpret_cast<unsigned long>(block) & 15);
}

long stub_count() { return ++counter; }

int stub_errno() { errno = 0; close(-1); return errno; }

int stub_throw() {
	try { throw std::runtime_error("driver"); } catch (const std::exception &e) { return std::strlen(e.what()); }
}

long stub_threads() {
	std::vector<std::thread> threads;
	std::vector<long> sums(16);
	for (int t = 0; t < 16; t++)
		threads.emplace_back([t, &sums] {
			if (name != "fresh" || counter != 7) return;
			name = std::to_string(t);
			for (int i = 0; i < 1000; i++) {
				std::vector<char> block(size_t(1 + i * 37 % 100000), char(i));
				sums[t] += block.back() == char(i);
				stub_count();
			}
			if (counter != 1007 || name != std::to_string(t)) sums[t] = 0;
		});
	long sum = 0;
	for (auto &t : threads) t.join();
	for (long s : sums) sum += s;
	return sum; // 16000
}

long stub_recurse(long depth) {
	volatile char frame[1024];
	frame[0] = char(depth), frame[1023] = 1;
	return depth == 0 ? 0 : stub_recurse(depth - 1) + frame[1023];
}

long stub_malloc(long n) {
	std::vector<char *> blocks;
	long good = 0;
	for (long i = 0; i < n; i++) {
		blocks.push_back(static_cast<char *>(std::malloc(1 + i * 7919 % 300000)));
		if (blocks.back()) *blocks.back() = char(i), good++;
		if (blocks.size() > 64) std::free(blocks[i % 64]), blocks[i % 64] = blocks.back(), blocks.pop_back();
	}
	for (char *b : blocks) std::free(b);
	return good;
}

int stub_fork() {
	pid_t pid = fork();
	if (pid == 0) _exit(17);
	int status = 0;
	if (waitpid(pid, &status, 0) != pid) return -1;
	return WEXITSTATUS(status);
}

int stub_system() { return WEXITSTATUS(std::system("exit 5")); }

// The size of this thread's stack as the C library knows it.
long stub_stack() {
	pthread_attr_t attr;
	void *at;
	size_t size;
	if (pthread_getattr_np(pthread_self(), &attr) || pthread_attr_getstack(&attr, &at, &size)) return -1;
	volatile char here = 0;
	unsigned long p = reinterpret_cast<unsigned long>(&here), base = reinterpret_cast<unsigned long>(at);
	return p >= base && p < base + size ? long(size) : -2;
}

void stub_crash() { *reinterpret_cast<volatile int *>(8) = 1; }

}
