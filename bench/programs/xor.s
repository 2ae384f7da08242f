; Xors 1,408 bytes of the packet with a key, eight at a time, and then again, so that it stays as it was.
  w0 = 0
  r2 = *(u32 *)(r1 +4)
  r1 = *(u32 *)(r1 +0)
  r3 = r1
  r3 += 1408
  if r3 > r2 goto L2
  r2 = 0
  r3 = 0x123456789abcdef ll
L0:
  r4 = r2
  r5 = r1
  r5 += r4
  r0 = *(u64 *)(r5 +0)
  r0 ^= r3
  *(u64 *)(r5 +0) = r0
  r2 += 8
  if r4 < 0x578 goto L0
  r2 = 0
  r3 = 0x123456789abcdef ll
L1:
  r4 = r2
  r5 = r1
  r5 += r4
  r0 = *(u64 *)(r5 +0)
  r0 ^= r3
  *(u64 *)(r5 +0) = r0
  w0 = 2
  r2 += 8
  if r4 < 0x578 goto L1
L2:
  exit
