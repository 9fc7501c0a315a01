//go:build !purego

#include "go_asm.h"
#include "textflag.h"

// How C starts: the story stands in boot_linux_amd64.s. Here a return address is kept in a
// register, so where Go goes on is two words, goStack and goLink, and g is a register too.

// func bootDirect()
// It has a frame so that the assembler saves R29 and R30, which C changes.
TEXT ·bootDirect(SB), NOSPLIT, $16-0
	CALL ·switchToC(SB)
	RET

TEXT ·switchToC(SB), NOSPLIT|NOFRAME, $0-0
	MOVD g, ·boot+bootState_g(SB)
	MOVD R30, ·boot+bootState_goLink(SB)
	MOVD RSP, R0
	MOVD R0, ·boot+bootState_goStack(SB)
	MOVD ·boot+bootState_entry(SB), R1
	MOVD ·boot+bootState_stack(SB), R0
	MOVD R0, RSP
	MOVD ZR, R0                          // no function to call at exit
	JMP  (R1)

// ld.so jumps here: 0(RSP) argc, 8(RSP) argv, R0 = its function to call at exit.
TEXT ·programEntry(SB), NOSPLIT|NOFRAME, $0-0
	MOVD R0, R5                       // rtld_fini
	MOVD RSP, R6                      // stack_end
	MOVD 0(RSP), R1                   // argc
	ADD  $8, R6, R2                   // argv
	MOVD ·boot+bootState_main(SB), R0 // main
	MOVD ZR, R3                       // no init
	MOVD ZR, R4                       // no fini
	MOVD ·boot+bootState_start(SB), R7
	MOVD (R7), R7
	CALL (R7)                         // __libc_start_main(main, argc, argv, init, fini, rtld_fini, stack_end)
	BRK                               // main does not return

// The C function main of direct mode.
TEXT ·mainDirect(SB), NOSPLIT|NOFRAME, $0-0
	MOVD RSP, R0
	SUB  $512, R0                        // room for arguments on the stack
	AND  $~63, R0
	MOVD R0, ·boot+bootState_cStack(SB)
	MOVD ·boot+bootState_g(SB), g
	MOVD ·boot+bootState_goLink(SB), R30
	MOVD ·boot+bootState_goStack(SB), R0
	MOVD R0, RSP
	RET                                  // from switchToC

// The C function main of mailbox mode: for calls := 1; ; calls++ { done = calls; wait; call }
TEXT ·mainMailbox(SB), NOSPLIT|NOFRAME, $0-0
	MOVD RSP, R0
	SUB  $512, R0
	AND  $~63, R0
	MOVD R0, ·boot+bootState_cStack(SB)
	SUB  $32, RSP                       // 8(RSP) is callC's argument
	MOVD $1, R22                        // calls = 1

done:
	MOVD  $·mail+mailbox_done(SB), R0
	STLRW R22, (R0)                     // after the call's results
	MOVD  $const_futexWake, R1
	MOVD  $1, R2
	MOVD  $98, R8                       // futex(&done, FUTEX_WAKE, 1)
	SVC

wait:
	MOVD  $·mail+mailbox_calls(SB), R0
	LDARW (R0), R1                      // before the frame
	CMPW  R1, R22
	BNE   call
	MOVD  $const_futexWait, R1
	MOVD  R22, R2
	MOVD  ZR, R3                        // no timeout
	MOVD  $98, R8                       // futex(&calls, FUTEX_WAIT, calls, nil)
	SVC
	JMP   wait

call:
	MOVD ·mail+mailbox_frame(SB), R0
	MOVD R0, 8(RSP)
	CALL ·callC(SB)
	ADDW $1, R22
	JMP  done

// func cloneMailbox() int
TEXT ·cloneMailbox(SB), NOSPLIT|NOFRAME, $0-8
	MOVD ·boot+bootState_entry(SB), R9
	MOVD $0x50f00, R0                    // CLONE_VM | FS | FILES | SIGHAND | THREAD | SYSVSEM
	MOVD ·boot+bootState_stack(SB), R1
	MOVD ZR, R2
	MOVD ZR, R3
	MOVD ZR, R4
	MOVD $220, R8                        // clone(flags, stack, nil, nil, nil)
	SVC
	CBZ  R0, child
	MOVD R0, ret+0(FP)
	RET

child: // RSP is the new stack and R0 is 0
	JMP (R9)

TEXT ·nothing(SB), NOSPLIT|NOFRAME, $0-0
	MOVD ZR, R0
	RET

// func codeAddresses() (entry, mainDirect, mainMailbox, nothing uintptr)
TEXT ·codeAddresses(SB), NOSPLIT, $0-32
	MOVD $·programEntry(SB), R0
	MOVD R0, entry+0(FP)
	MOVD $·mainDirect(SB), R0
	MOVD R0, mainDirect+8(FP)
	MOVD $·mainMailbox(SB), R0
	MOVD R0, mainMailbox+16(FP)
	MOVD $·nothing(SB), R0
	MOVD R0, nothing+24(FP)
	RET
