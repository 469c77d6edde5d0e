#include "textflag.h"

// The constants of expGeneric.
DATA exp<>+0(SB)/4, $0xc2ae0000  // -87
DATA exp<>+4(SB)/4, $0x3fb8aa3b  // log2 e
DATA exp<>+8(SB)/4, $0x4b400000  // 1.5 * 2^23
DATA exp<>+12(SB)/4, $0x3f318000 // ln 2, its first bits
DATA exp<>+16(SB)/4, $0xb95e8083 // ln 2, the rest
DATA exp<>+20(SB)/4, $0x39506967
DATA exp<>+24(SB)/4, $0x3ab743ce
DATA exp<>+28(SB)/4, $0x3c088908
DATA exp<>+32(SB)/4, $0x3d2aa9c1
DATA exp<>+36(SB)/4, $0x3e2aaaaa
DATA exp<>+40(SB)/4, $0x3f000000
DATA exp<>+44(SB)/4, $0x3f800000 // 1
DATA exp<>+48(SB)/4, $127        // the exponent's bias
GLOBL exp<>(SB), RODATA, $52

// func expAVX(p *float32, n int, top float32)
TEXT ·expAVX(SB), NOSPLIT, $0-20
	MOVQ p+0(FP), DI
	MOVQ n+8(FP), CX
	VBROADCASTSS top+16(FP), Y3
	VBROADCASTSS exp<>+0(SB), Y2
	VBROADCASTSS exp<>+4(SB), Y4
	VBROADCASTSS exp<>+8(SB), Y5
	VBROADCASTSS exp<>+12(SB), Y6
	VBROADCASTSS exp<>+16(SB), Y7
	VBROADCASTSS exp<>+20(SB), Y8
	VBROADCASTSS exp<>+24(SB), Y9
	VBROADCASTSS exp<>+28(SB), Y10
	VBROADCASTSS exp<>+32(SB), Y11
	VBROADCASTSS exp<>+36(SB), Y12
	VBROADCASTSS exp<>+40(SB), Y13
	VBROADCASTSS exp<>+44(SB), Y14
	SHRQ $3, CX
	JZ   expDone

expLoop:
	VMOVUPS   (DI), Y0
	VSUBPS    Y3, Y0, Y0
	VMAXPS    Y2, Y0, Y0
	VMULPS    Y4, Y0, Y1
	VADDPS    Y5, Y1, Y1
	VSUBPS    Y5, Y1, Y1  // the whole power of two
	VMULPS    Y6, Y1, Y15
	VSUBPS    Y15, Y0, Y0
	VMULPS    Y7, Y1, Y15
	VSUBPS    Y15, Y0, Y0 // the rest r
	VCVTTPS2DQ Y1, Y1
	VBROADCASTSS exp<>+48(SB), Y15
	VPADDD    Y15, Y1, Y1
	VPSLLD    $23, Y1, Y1
	VMULPS    Y8, Y0, Y15
	VADDPS    Y9, Y15, Y15
	VMULPS    Y0, Y15, Y15
	VADDPS    Y10, Y15, Y15
	VMULPS    Y0, Y15, Y15
	VADDPS    Y11, Y15, Y15
	VMULPS    Y0, Y15, Y15
	VADDPS    Y12, Y15, Y15
	VMULPS    Y0, Y15, Y15
	VADDPS    Y13, Y15, Y15
	VMULPS    Y0, Y15, Y15
	VMULPS    Y0, Y15, Y15
	VADDPS    Y0, Y15, Y15
	VADDPS    Y14, Y15, Y15
	VMULPS    Y1, Y15, Y15
	VMOVUPS   Y15, (DI)
	ADDQ      $32, DI
	DECQ      CX
	JNZ       expLoop

expDone:
	VZEROUPPER
	RET
