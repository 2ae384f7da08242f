; Mandelbrot iterations in 64-bit fixed point, signed shifts and comparisons.
  w0 = 0
  w1 = 0
  goto L2
L0:
  r8 = r3
  r8 *= r8
  r8 >>= 24
  r9 = r7
  r9 *= r9
  r9 >>= 24
  r2 = r8
  r2 += r9
  w0 = w6
  if r2 > 0x4000000 goto L1
  r2 = r5
  r2 += r9
  r2 -= r8
  r3 *= r7
  r3 s>>= 23
  r3 += r4
  w0 = 64
  w6 += 1
  r7 = r2
  if w6 != 0x40 goto L0
L1:
  r2 = *(u32 *)(r10 -8)
  w0 += w2
  w1 += 1
  if w1 == 0x10 goto L3
L2:
  *(u32 *)(r10 -8) = r0
  r3 = 0
  w4 = w1
  w4 <<= 22
  w4 &= 12582912
  w5 = w1
  w5 <<= 24
  w5 /= 6
  r5 += -25165824
  w6 = 0
  r7 = 0
  goto L0
L3:
  w0 |= 1
  exit
