// A stand-in for libcuda.so.1: the functions that package cuda calls, for a device whose memory
// is this process's. What takes a compiler or a processor (loading a module, launching a
// kernel) is posted through a pipe to Go code in the same process, which answers through another.
//
// It is as strict as the driver, or more so: it wants cuInit, a current context, handles that
// it gave out, and addresses inside of its memory. Work is done at once, as if the device were
// fast; but a kernel's fault is seen only by later calls, as with the driver, and for ever.
//
// The environment says what there is:
//
//	FAKE_CUDA_DEVICES  how many devices (1)
//	FAKE_CUDA_MEMORY   bytes of memory of each (256 MiB)
//	FAKE_CUDA_SM       compute capability, 10·major + minor (80)
//	FAKE_CUDA_CRASH    crash in cuInit
//	FAKE_CUDA_THREADS  most threads of a block for every function (1024)

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define API __attribute__((visibility("default")))

enum {
	SUCCESS = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NOT_INITIALIZED = 3, NO_DEVICE = 100, INVALID_DEVICE = 101,
	INVALID_CONTEXT = 201, INVALID_PTX = 218, INVALID_HANDLE = 400, NOT_FOUND = 500, ILLEGAL_ADDRESS = 700,
};

// What C and Go tell each other.
struct request {
	uint64_t kind; // 1: read a module, 2: launch
	uint64_t text; // the module
	uint64_t name, params;
	uint64_t log, logSize;
	uint32_t grid[3], block[3];
	uint64_t shared;
};

struct piece {
	uint64_t at, size;
};

// state is what Go looks at while C waits for its answer.
static struct {
	int32_t ask[2], answer[2];
	uint64_t pieces, room; // of memory
	struct piece *memory;
} state;

static int started, lost, device = -1; // current
static uint64_t used;

static long number(const char *name, long otherwise) {
	const char *s = getenv(name);
	return s && *s ? strtol(s, 0, 10) : otherwise;
}

static long devices(void) { return number("FAKE_CUDA_DEVICES", 1); }
static uint64_t capacity(void) { return number("FAKE_CUDA_MEMORY", 256L << 20); }

API void *fakeState(void) {
	if (!state.answer[0] && (pipe(state.ask) || pipe(state.answer)))
		return 0;
	return &state;
}

static int post(struct request *r) {
	int32_t code;
	if (write(state.ask[1], r, sizeof *r) != sizeof *r || read(state.answer[0], &code, sizeof code) != sizeof code)
		return 999;
	return code;
}

// Handles are structs that begin with a word telling what they are.
enum { CONTEXT = 0xc0de0001, MODULE, FUNCTION, STREAM, EVENT };

struct handle {
	uint32_t kind;
	int device;
	char *text;     // MODULE
	struct handle *module; // FUNCTION
	char *name;
	unsigned dynamic; // FUNCTION: bytes of shared memory it may be given; EVENT: flags
	int64_t ns;     // EVENT: when it was recorded, or 0
};

static struct handle contexts[16];

static struct handle *make(uint32_t kind) {
	struct handle *h = calloc(1, sizeof *h);
	h->kind = kind;
	h->device = device;
	return h;
}

static int is(struct handle *h, uint32_t kind) { return h && h->kind == kind && h->device == device; }

static void drop(struct handle *h) {
	h->kind = 0; // a second use is found, for the memory stays
}

// ready tells whether a call may do its work.
#define READY                                                                                      \
	do {                                                                                           \
		if (!started) return NOT_INITIALIZED;                                                      \
		if (device < 0) return INVALID_CONTEXT;                                                    \
		if (lost) return lost;                                                                     \
	} while (0)
#define WANT(condition, code)                                                                      \
	do {                                                                                           \
		if (!(condition)) return code;                                                             \
	} while (0)

API int cuInit(unsigned flags) {
	if (getenv("FAKE_CUDA_CRASH"))
		*(volatile int *)8 = 0;
	WANT(flags == 0, INVALID_VALUE);
	WANT(devices() > 0, NO_DEVICE);
	started = 1;
	return SUCCESS;
}

API int cuDriverGetVersion(int *v) {
	*v = 12020;
	return SUCCESS;
}

API int cuDeviceGetCount(int *n) {
	WANT(started, NOT_INITIALIZED);
	*n = devices();
	return SUCCESS;
}

API int cuDeviceGet(int *d, int n) {
	WANT(started, NOT_INITIALIZED);
	WANT(n >= 0 && n < devices(), INVALID_DEVICE);
	*d = n;
	return SUCCESS;
}

API int cuDeviceGetName(char *name, int room, int d) {
	snprintf(name, room, "Stand-in %d", d);
	return SUCCESS;
}

API int cuDeviceGetUuid(unsigned char *uuid, int d) {
	memset(uuid, 0x10 + d, 16);
	return SUCCESS;
}

API int cuDeviceTotalMem_v2(size_t *n, int d) {
	*n = capacity();
	return SUCCESS;
}

API int cuDeviceGetAttribute(int *v, int which, int d) {
	WANT(started, NOT_INITIALIZED);
	WANT(d >= 0 && d < devices(), INVALID_DEVICE);
	long sm = number("FAKE_CUDA_SM", 80);
	switch (which) {
	case 1: *v = 1024; break;
	case 2: case 3: *v = 1024; break;
	case 4: *v = 64; break;
	case 5: *v = 2147483647; break;
	case 6: case 7: *v = 65535; break;
	case 8: *v = 48 << 10; break;
	case 18: *v = 0; break;
	case 41: *v = 1; break;
	case 75: *v = sm / 10; break;
	case 76: *v = sm % 10; break;
	case 97: *v = 99 << 10; break;
	default: return INVALID_VALUE;
	}
	return SUCCESS;
}

API int cuDevicePrimaryCtxRetain(struct handle **context, int d) {
	WANT(started, NOT_INITIALIZED);
	WANT(d >= 0 && d < devices() && d < 16, INVALID_DEVICE);
	WANT(!lost, lost);
	contexts[d].kind = CONTEXT;
	contexts[d].device = d;
	*context = &contexts[d];
	return SUCCESS;
}

API int cuDevicePrimaryCtxRelease(int d) {
	WANT(d >= 0 && d < 16 && contexts[d].kind == CONTEXT, INVALID_CONTEXT);
	contexts[d].kind = 0;
	if (device == d)
		device = -1;
	return SUCCESS;
}

API int cuCtxSetCurrent(struct handle *context) {
	WANT(started, NOT_INITIALIZED);
	WANT(context && context->kind == CONTEXT, INVALID_CONTEXT);
	device = context->device;
	return SUCCESS;
}

static int take(void **at, size_t n) {
	WANT(n > 0, INVALID_VALUE);
	WANT(n <= capacity() - used, OUT_OF_MEMORY);
	void *p = aligned_alloc(256, (n + 255) / 256 * 256);
	WANT(p, OUT_OF_MEMORY);
	memset(p, 0xa5, n); // undefined contents
	if (state.pieces == state.room) {
		state.room = 2 * state.room + 16;
		state.memory = realloc(state.memory, state.room * sizeof *state.memory);
	}
	state.memory[state.pieces++] = (struct piece){(uint64_t)p, n};
	used += n;
	*at = p;
	return SUCCESS;
}

static int give(void *at) {
	for (uint64_t i = 0; i < state.pieces; i++) {
		if (state.memory[i].at == (uint64_t)at) {
			used -= state.memory[i].size;
			state.memory[i] = state.memory[--state.pieces];
			free(at);
			return SUCCESS;
		}
	}
	return INVALID_VALUE;
}

// inside tells whether n bytes at an address are the device's.
static int inside(uint64_t at, uint64_t n) {
	for (uint64_t i = 0; i < state.pieces; i++) {
		struct piece *p = &state.memory[i];
		if (at >= p->at && n <= p->size && at - p->at <= p->size - n)
			return 1;
	}
	return 0;
}

API int cuMemAlloc_v2(void **at, size_t n) {
	READY;
	return take(at, n);
}

API int cuMemHostAlloc(void **at, size_t n, unsigned flags) {
	READY;
	WANT(flags == 3, INVALID_VALUE);
	return take(at, n);
}

API int cuMemFree_v2(void *at) {
	READY;
	return give(at);
}

API int cuMemFreeHost(void *at) {
	READY;
	return give(at);
}

API int cuMemcpyAsync(uint64_t dst, uint64_t src, size_t n, struct handle *stream) {
	READY;
	WANT(is(stream, STREAM), INVALID_HANDLE);
	WANT(inside(dst, n) && inside(src, n), INVALID_VALUE);
	memcpy((void *)dst, (void *)src, n);
	return SUCCESS;
}

API int cuMemsetD32Async(uint64_t dst, unsigned word, size_t n, struct handle *stream) {
	READY;
	WANT(is(stream, STREAM), INVALID_HANDLE);
	WANT(dst % 4 == 0 && inside(dst, 4 * n), INVALID_VALUE);
	for (size_t i = 0; i < n; i++)
		((uint32_t *)dst)[i] = word;
	return SUCCESS;
}

API int cuModuleLoadDataEx(struct handle **module, const char *text, unsigned n, const int *keys, void **values) {
	READY;
	struct request r = {.kind = 1, .text = (uint64_t)text};
	for (unsigned i = 0; i < n; i++) {
		switch (keys[i]) {
		case 5: r.log = (uint64_t)values[i]; break;
		case 6: r.logSize = (uint32_t)(uint64_t)values[i]; break;
		default: return INVALID_VALUE;
		}
	}
	int code = post(&r);
	if (code == SUCCESS) {
		*module = make(MODULE);
		(*module)->text = strdup(text); // the caller's may go
	}
	return code;
}

API int cuModuleUnload(struct handle *m) {
	READY;
	WANT(is(m, MODULE), INVALID_HANDLE);
	drop(m);
	free(m->text);
	m->text = 0;
	return SUCCESS;
}

API int cuModuleGetFunction(struct handle **f, struct handle *m, const char *name) {
	READY;
	WANT(is(m, MODULE), INVALID_HANDLE);
	char entry[300];
	snprintf(entry, sizeof entry, ".entry %s(", name);
	WANT(strstr(m->text, entry), NOT_FOUND);
	*f = make(FUNCTION);
	(*f)->module = m;
	(*f)->name = strdup(name);
	return SUCCESS;
}

API int cuFuncGetAttribute(int *v, int which, struct handle *f) {
	READY;
	WANT(is(f, FUNCTION), INVALID_HANDLE);
	WANT(which == 0, INVALID_VALUE);
	*v = number("FAKE_CUDA_THREADS", 1024);
	return SUCCESS;
}

API int cuFuncSetAttribute(struct handle *f, int which, int v) {
	READY;
	WANT(is(f, FUNCTION), INVALID_HANDLE);
	WANT(which == 8 && v <= 99 << 10, INVALID_VALUE);
	f->dynamic = v;
	return SUCCESS;
}

API int cuLaunchKernel(struct handle *f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared,
	struct handle *stream, void **params, void **extra) {
	READY;
	WANT(is(f, FUNCTION) && is(f->module, MODULE) && is(stream, STREAM), INVALID_HANDLE);
	WANT(gx && gy && gz && bx && by && bz && !extra && shared <= (f->dynamic ? f->dynamic : 48 << 10), INVALID_VALUE);
	struct request r = {.kind = 2, .text = (uint64_t)f->module->text, .name = (uint64_t)f->name, .params = (uint64_t)params,
		.grid = {gx, gy, gz}, .block = {bx, by, bz}, .shared = shared};
	lost = post(&r); // the caller will hear of it later
	return SUCCESS;
}

API int cuStreamCreate(struct handle **s, unsigned flags) {
	READY;
	WANT(flags == 1, INVALID_VALUE);
	*s = make(STREAM);
	return SUCCESS;
}

API int cuStreamDestroy_v2(struct handle *s) {
	READY;
	WANT(is(s, STREAM), INVALID_HANDLE);
	drop(s);
	return SUCCESS;
}

API int cuStreamSynchronize(struct handle *s) {
	READY;
	WANT(is(s, STREAM), INVALID_HANDLE);
	return SUCCESS;
}

API int cuEventCreate(struct handle **e, unsigned flags) {
	READY;
	WANT(flags == 0 || flags == 2, INVALID_VALUE);
	*e = make(EVENT);
	(*e)->dynamic = flags;
	return SUCCESS;
}

API int cuEventDestroy_v2(struct handle *e) {
	READY;
	WANT(is(e, EVENT), INVALID_HANDLE);
	drop(e);
	return SUCCESS;
}

API int cuEventRecord(struct handle *e, struct handle *s) {
	READY;
	WANT(is(e, EVENT) && is(s, STREAM), INVALID_HANDLE);
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	e->ns = t.tv_sec * 1000000000L + t.tv_nsec;
	return SUCCESS;
}

API int cuEventQuery(struct handle *e) {
	READY;
	WANT(is(e, EVENT), INVALID_HANDLE);
	return SUCCESS;
}

API int cuEventElapsedTime(float *ms, struct handle *from, struct handle *to) {
	READY;
	WANT(is(from, EVENT) && is(to, EVENT) && from->ns && to->ns && !from->dynamic && !to->dynamic, INVALID_HANDLE);
	*ms = (to->ns - from->ns) * 1e-6f;
	return SUCCESS;
}

static const struct {
	int code;
	const char *name, *text;
} words[] = {
	{INVALID_VALUE, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
	{OUT_OF_MEMORY, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
	{NO_DEVICE, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
	{INVALID_CONTEXT, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
	{INVALID_PTX, "CUDA_ERROR_INVALID_PTX", "a PTX JIT compilation failed"},
	{INVALID_HANDLE, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
	{NOT_FOUND, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
	{ILLEGAL_ADDRESS, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
};

API int cuGetErrorName(int code, const char **s) {
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (words[i].code == code) {
			*s = words[i].name;
			return SUCCESS;
		}
	return INVALID_VALUE;
}

API int cuGetErrorString(int code, const char **s) {
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (words[i].code == code) {
			*s = words[i].text;
			return SUCCESS;
		}
	return INVALID_VALUE;
}
