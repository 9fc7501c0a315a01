// Constants of exp: see exp_avx2_amd64.h.

CONST(expHigh, 0x42b20000)  // 89: e⁸⁹ is above the largest float32
CONST(expLow, 0xc2d20000)   // -105: e⁻¹⁰⁵ is below half the smallest float32
CONST(log2e, 0x3fb8aa3b)    // 1/ln2
CONST(ln2High, 0x3f317218)  // ln2 rounded to float32
CONST(ln2Low, 0xb102e308)   // ln2 - ln2High
CONST(expBias, 127)         // of the exponent field

// Minimax polynomial of our own fit: eʳ = 1 + r + r²·(c2 + c3·r + … + c6·r⁴) with relative
// error below 3.2e-9 (0.03 units in the last place) for |r| <= ln2/2.
CONST(expC2, 0x3efffffe)    // 0.49999994
CONST(expC3, 0x3e2aaa46)    // 0.16666517
CONST(expC4, 0x3d2aac2c)    // 0.0416681
CONST(expC5, 0x3c091ef2)    // 0.008369194
CONST(expC6, 0x3ab56385)    // 0.0013838863
