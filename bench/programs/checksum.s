; The internet checksum of 1,408 bytes.
  w0 = 0
  r3 = *(u32 *)(r1 +4)
  r2 = *(u32 *)(r1 +0)
  r1 = r2
  r1 += 1408
  if r1 > r3 goto L1
  w1 = 0
  r3 = 0
L0:
  r4 = r3
  r5 = r2
  r5 += r4
  r5 = *(u16 *)(r5 +0)
  w1 += w5
  r3 += 2
  if r4 < 0x57e goto L0
  w2 = w1
  w2 >>= 16
  w1 &= 65535
  w1 += w2
  w0 = w1
  w0 >>= 16
  w0 += w1
  w0 ^= -1
  w0 &= 65535
L1:
  exit
