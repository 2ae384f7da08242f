; Case folding, counting words and lines, and a search for "rate", byte by byte.
  w0 = 0
  r2 = *(u32 *)(r1 +4)
  r1 = *(u32 *)(r1 +0)
  *(u64 *)(r10 -16) = r1
  r1 += 1078
  if r1 > r2 goto L6
  w1 = 0
  r5 = 0
  w6 = 0
  w2 = 0
  *(u32 *)(r10 -24) = r2
  w4 = 0
  goto L1
L0:
  r2 = *(u32 *)(r10 -8)
  w0 += w2
  w6 ^= 1
  w2 = w8
  w2 &= w6
  w4 += w2
  w1 *= 33
  w1 += w7
  r5 += 1
  w6 = w8
  if r5 == 0x3fc goto L5
L1:
  r2 = *(u64 *)(r10 -16)
  r2 += r5
  r9 = *(u8 *)(r2 +54)
  w7 = w9
  w7 |= 32
  w2 = w7
  w2 += -97
  w2 &= 255
  w3 = 1
  w8 = 1
  if w2 < 0x1a goto L2
  w8 = 0
L2:
  if w9 == 0xa goto L3
  w3 = 0
L3:
  *(u32 *)(r10 -8) = r3
  if w9 != 0x72 goto L4
  r2 = *(u64 *)(r10 -16)
  r2 += r5
  r3 = *(u8 *)(r2 +55)
  if w3 != 0x61 goto L4
  r2 = *(u8 *)(r2 +56)
  if w2 != 0x74 goto L4
  r2 = *(u64 *)(r10 -16)
  r2 += r5
  r2 = *(u8 *)(r2 +57)
  if w2 != 0x65 goto L4
  r2 = *(u32 *)(r10 -24)
  w2 += 1
  *(u32 *)(r10 -24) = r2
L4:
  w2 = w9
  w2 += -65
  w2 &= 255
  if w2 < 0x1a goto L0
  w7 = w9
  goto L0
L5:
  w4 <<= 16
  w0 <<= 8
  w0 ^= w4
  r2 = *(u32 *)(r10 -24)
  w0 ^= w2
  w0 ^= w1
  w0 |= 1
L6:
  exit
