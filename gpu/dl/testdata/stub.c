// A stand-in for a driver: what drivers do that a loader must bear, one function each.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int constructed;
__attribute__((constructor)) static void construct(void) { constructed = 42; }

int stub_constructed(void) { return constructed; }

// Decimal digits, the first argument in front: a mix-up shows.
long stub_args14(long a, long b, long c, long d, long e, long f, long g, long h, long i, long j, long k, long l, long m, long n) {
	long args[] = {a, b, c, d, e, f, g, h, i, j, k, l, m, n};
	long sum = 0;
	for (int x = 0; x < 14; x++) sum = sum * 10 + args[x];
	return sum;
}

// As cblas_sgemm mixes them: integers on the stack and 32-bit floats between.
float stub_mixed(long a, long b, float x, long c, long d, double y, long e, long f, long g, float z) {
	return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + x * (float)y - z;
}

double stub_floats(double a, double b, double c, double d, double e, double f, double g, double h) {
	return a + 2 * b + 4 * c + 8 * d + 16 * e + 32 * f + 64 * g + 128 * h;
}

// The compiler takes the stack to be aligned, and stores vectors by aligned instructions.
long stub_aligned(void) {
	volatile char block[16] __attribute__((aligned(16)));
	block[0] = 1;
	return (unsigned long)__builtin_frame_address(0) & 15;
}

static __thread long counter = 7;

long stub_count(void) { return ++counter; }

int stub_errno(void) {
	errno = 0;
	close(-1);
	return errno;
}

static void *work(void *good) {
	if (counter != 7) return 0;
	for (int i = 0; i < 1000; i++) {
		size_t size = 1 + i * 37 % 100000;
		char *block = malloc(size);
		if (!block) return 0;
		block[size - 1] = (char)i;
		*(long *)good += block[size - 1] == (char)i;
		free(block);
		stub_count();
	}
	if (counter != 1007) *(long *)good = 0;
	return 0;
}

// 16 threads, each with thread-local storage of its own: 16000.
long stub_threads(void) {
	pthread_t threads[16];
	long good[16] = {0}, sum = 0;
	for (int t = 0; t < 16; t++)
		if (pthread_create(&threads[t], 0, work, &good[t])) return -1;
	for (int t = 0; t < 16; t++) pthread_join(threads[t], 0), sum += good[t];
	return sum;
}

// A KiB of stack for each step.
long stub_recurse(long depth) {
	volatile char frame[1024];
	frame[0] = (char)depth, frame[1023] = 1;
	return depth == 0 ? 0 : stub_recurse(depth - 1) + frame[1023];
}

long stub_malloc(long n) {
	char *blocks[64] = {0};
	long good = 0;
	for (long i = 0; i < n; i++) {
		char **b = &blocks[i * 31 % 64];
		free(*b);
		*b = malloc(1 + i * 7919 % 300000);
		if (*b) **b = (char)i, good++;
	}
	for (int i = 0; i < 64; i++) free(blocks[i]);
	return good;
}

int stub_fork(void) {
	int status = 0;
	pid_t pid = fork();
	if (pid == 0) _exit(17);
	if (waitpid(pid, &status, 0) != pid) return -1;
	return WEXITSTATUS(status);
}

int stub_system(void) { return WEXITSTATUS(system("exit 5")); }

// The size of this thread's stack as the C library knows it, if this function runs on it.
long stub_stack(void) {
	pthread_attr_t attr;
	void *base;
	size_t size;
	volatile char here = 0;
	if (pthread_getattr_np(pthread_self(), &attr) || pthread_attr_getstack(&attr, &base, &size)) return -1;
	return (char *)&here >= (char *)base && (char *)&here < (char *)base + size ? (long)size : -2;
}
