; 4,096 rounds of 32-bit add, rotate and xor.
  r2 = *(u32 *)(r1 +0)
  r6 = *(u32 *)(r1 +4)
  w6 -= w2
  w5 = 305419896
  w2 = -559038737
  w1 = 0
L0:
  w3 = w5
  w3 += w6
  w4 = w3
  w4 >>= 25
  w3 <<= 7
  w3 |= w4
  w4 = w3
  w4 ^= w2
  w0 = w4
  w0 += w5
  w2 = w0
  w2 >>= 19
  w0 <<= 13
  w0 |= w2
  w2 = w1
  w2 += w4
  w1 += -1
  w5 = w0
  w6 = w3
  if w1 == 0xfffff000 goto L1
  goto L0
L1:
  w0 ^= w3
  w4 += w1
  w4 += 1
  w0 ^= w4
  exit
