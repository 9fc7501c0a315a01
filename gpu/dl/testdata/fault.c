// A driver that does harm as it is loaded: a macro says which.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((constructor)) static void harm(void) {
	fprintf(stderr, "fault: loading\n");
#if defined(CRASH)
	*(volatile int *)8 = 1;
#elif defined(ABORT)
	abort();
#elif defined(EXIT0)
	exit(0);
#elif defined(EXIT3)
	_exit(3);
#elif defined(HANG)
	for (;;) pause();
#elif defined(SPIN)
	for (volatile int i = 0;; i++) {}
#else
#error "which fault?"
#endif
}
