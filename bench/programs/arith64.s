; 4,096 rounds of 64-bit multiply, add, shift and xor.
  r2 = *(u32 *)(r1 +0)
  r1 = *(u32 *)(r1 +4)
  w1 -= w2
  r4 = 0x9e3779b97f4a7c15 ll
  r2 = -1
  r3 = 0x5851f42d4c957f2d ll
L0:
  r1 *= r3
  r1 += r4
  r0 = r1
  r0 >>= 29
  r0 ^= r4
  r2 += 1
  r4 = r2
  r4 += r0
  if r2 == 0xfff goto L1
  goto L0
L1:
  w0 += w2
  w0 ^= w1
  exit
