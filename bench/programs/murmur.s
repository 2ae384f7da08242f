; MurmurHash3 x64 of 1,024 bytes: 64-bit multiplications and rotations.
  w0 = 0
  r2 = *(u32 *)(r1 +4)
  r1 = *(u32 *)(r1 +0)
  r3 = r1
  r3 += 1038
  if r3 > r2 goto L2
  r2 = 2
  r8 = 1
  r3 = 0
  r5 = 0x4cf5ad432745937f ll
  r6 = 0x87c37b91114253d5 ll
L0:
  r7 = r1
  r7 += r3
  r9 = *(u64 *)(r7 +22)
  r4 = r9
  r0 = 0x4e8b26fe00000000 ll
  r4 *= r0
  r9 *= r5
  r9 >>= 31
  r9 |= r4
  r7 = *(u64 *)(r7 +14)
  r4 = r7
  r0 = 0x88a129ea80000000 ll
  r4 *= r0
  r7 *= r6
  r7 >>= 33
  r7 |= r4
  r7 *= r5
  r9 *= r6
  r9 ^= r2
  r4 = r9
  r4 >>= 33
  r9 <<= 31
  r9 |= r4
  r7 ^= r8
  r4 = r7
  r4 >>= 37
  r7 <<= 27
  r7 |= r4
  r7 += r2
  r7 *= 5
  r7 += 1390208809
  r2 = r7
  r2 += r9
  r2 *= 5
  r2 += 944331445
  r3 += 16
  r8 = r7
  if r3 == 0x400 goto L1
  goto L0
L1:
  r0 = r7
  r0 >>= 33
  w0 ^= w7
  w0 *= -313160499
  w0 ^= w2
  w0 |= 1
L2:
  exit
