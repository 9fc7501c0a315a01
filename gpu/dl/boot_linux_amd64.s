//go:build !purego

#include "go_asm.h"
#include "textflag.h"

// How C starts. ld.so finds a stack as the kernel makes it for a new program, does its work
// and jumps to programEntry, which does what crt1.o does in a C program: it hands main to
// __libc_start_main. In direct mode, main returns to Go, but to another stack, and leaves
// its caller's frames where they are for ever.
//
//	Go stack                    C stack
//	bootDirect
//	  switchToC ──────────────→ ld.so
//	                              programEntry
//	                                __libc_start_main
//	  (returns) ←───────────────      mainDirect
//	callC ────────────────────→         any C function
//	  (returns) ←───────────────

// func bootDirect()
// It has a frame so that the assembler saves BP, which C changes.
TEXT ·bootDirect(SB), NOSPLIT, $8-0
	CALL ·switchToC(SB)
	RET

TEXT ·switchToC(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ R14, ·boot+bootState_g(SB)
	MOVQ SP, ·boot+bootState_goStack(SB) // the return address is on top
	MOVQ ·boot+bootState_stack(SB), SP
	MOVQ ·boot+bootState_entry(SB), AX
	XORL DX, DX                          // no function to call at exit
	JMP  AX

// ld.so jumps here: 0(SP) argc, 8(SP) argv, DX = its function to call at exit.
TEXT ·programEntry(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ DX, R9                       // rtld_fini
	MOVQ 0(SP), SI                    // argc
	LEAQ 8(SP), DX                    // argv
	MOVQ SP, AX
	ANDQ $~15, SP
	SUBQ $16, SP
	MOVQ AX, 0(SP)                    // stack_end, the seventh argument
	MOVQ ·boot+bootState_main(SB), DI // main
	XORL CX, CX                       // no init
	XORL R8, R8                       // no fini
	MOVQ ·boot+bootState_start(SB), AX
	MOVQ (AX), AX
	CALL AX                           // __libc_start_main(main, argc, argv, init, fini, rtld_fini, stack_end)
	INT  $3                           // main does not return

// The C function main of direct mode.
TEXT ·mainDirect(SB), NOSPLIT|NOFRAME, $0-0
	LEAQ -512(SP), AX                   // room for arguments on the stack
	ANDQ $~63, AX
	MOVQ AX, ·boot+bootState_cStack(SB)
	MOVQ ·boot+bootState_g(SB), R14
	MOVQ TLS, CX
	MOVQ R14, 0(CX)(TLS*1)              // FS-8 is C's now: put g there
	MOVQ ·boot+bootState_goStack(SB), SP
	CLD
	RET                                 // from switchToC

// The C function main of mailbox mode: for calls := 1; ; calls++ { done = calls; wait; call }
TEXT ·mainMailbox(SB), NOSPLIT|NOFRAME, $0-0
	LEAQ -512(SP), AX
	ANDQ $~63, AX
	MOVQ AX, ·boot+bootState_cStack(SB)
	SUBQ $24, SP                        // 0(SP) is callC's argument
	MOVL $1, R13                        // calls = 1

done:
	MOVL R13, ·mail+mailbox_done(SB)
	LEAQ ·mail+mailbox_done(SB), DI
	MOVL $const_futexWake, SI
	MOVL $1, DX
	MOVL $202, AX                       // futex(&done, FUTEX_WAKE, 1)
	SYSCALL

wait:
	CMPL R13, ·mail+mailbox_calls(SB)
	JNE  call
	LEAQ ·mail+mailbox_calls(SB), DI
	MOVL $const_futexWait, SI
	MOVL R13, DX
	XORL R10, R10                       // no timeout
	MOVL $202, AX                       // futex(&calls, FUTEX_WAIT, calls, nil)
	SYSCALL
	JMP  wait

call:
	MOVQ ·mail+mailbox_frame(SB), AX
	MOVQ AX, 0(SP)
	CALL ·callC(SB)
	INCL R13
	JMP  done

// func cloneMailbox() int
TEXT ·cloneMailbox(SB), NOSPLIT, $0-8
	MOVQ  ·boot+bootState_entry(SB), R12
	MOVL  $0x50f00, DI                   // CLONE_VM | FS | FILES | SIGHAND | THREAD | SYSVSEM
	MOVQ  ·boot+bootState_stack(SB), SI
	XORL  DX, DX
	XORL  R10, R10
	XORL  R8, R8
	MOVL  $56, AX                        // clone(flags, stack, nil, nil, nil)
	SYSCALL
	TESTQ AX, AX
	JEQ   child
	MOVQ  AX, ret+0(FP)
	RET

child: // SP is the new stack
	XORL DX, DX
	JMP  R12

TEXT ·nothing(SB), NOSPLIT|NOFRAME, $0-0
	XORL AX, AX
	RET

// func codeAddresses() (entry, mainDirect, mainMailbox, nothing uintptr)
TEXT ·codeAddresses(SB), NOSPLIT, $0-32
	LEAQ ·programEntry(SB), AX
	MOVQ AX, entry+0(FP)
	LEAQ ·mainDirect(SB), AX
	MOVQ AX, mainDirect+8(FP)
	LEAQ ·mainMailbox(SB), AX
	MOVQ AX, mainMailbox+16(FP)
	LEAQ ·nothing(SB), AX
	MOVQ AX, nothing+24(FP)
	RET

// func currentG() uintptr
TEXT ·currentG(SB), NOSPLIT, $0-8
	MOVQ R14, ret+0(FP)
	RET
