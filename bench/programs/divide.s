; Decimal numbers and greatest common divisors: division by constants and by registers, 32 and 64 bits, signed and unsigned.
  w0 = 0
  r2 = *(u32 *)(r1 +4)
  r1 = *(u32 *)(r1 +0)
  r3 = r1
  r3 += 526
  if r3 > r2 goto L6
  r2 = 0
  r3 = r1
  r3 += 254
  *(u64 *)(r10 -8) = r3
  r3 = r1
  r3 += 154
  *(u64 *)(r10 -16) = r3
  r1 += 54
  r0 = 0
  goto L2
L0:
  w6 = w5
  if w3 > 0x12 goto L1
  w5 = w7
  w5 %= w6
  w3 += 1
  w7 = w6
  if w5 != 0x0 goto L0
L1:
  r0 += r6
  r2 += 1
  if r2 == 0x10 goto L5
L2:
  w5 = 10
  r3 = r2
  r3 <<= 3
  r7 = r1
  r7 += r3
  r6 = r2
  r6 <<= 2
  r3 = r1
  r3 += r6
  r7 = *(u64 *)(r7 +0)
  r3 = *(u32 *)(r3 +0)
  r4 = r7
  w9 = w3
L3:
  r4 /= 1000
  r8 = r4
  r8 *= 1000
  r7 -= r8
  w9 /= 10
  w8 = w9
  w8 *= 10
  w3 -= w8
  r0 += r3
  r0 ^= r7
  w5 += -1
  r7 = r4
  w3 = w9
  if w5 == 0x0 goto L4
  goto L3
L4:
  r7 = *(u64 *)(r10 -16)
  r7 += r6
  r5 = *(u64 *)(r10 -8)
  r5 += r6
  w3 = 0
  r5 = *(u32 *)(r5 +0)
  w5 |= 1
  r7 = *(u32 *)(r7 +0)
  w7 |= 1
  goto L0
L5:
  w0 |= 1
L6:
  exit
