; FNV-1a, 64 bits, over 1,408 bytes: one multiplication after the other.
  w0 = 0
  r2 = *(u32 *)(r1 +4)
  r1 = *(u32 *)(r1 +0)
  r3 = r1
  r3 += 1408
  if r3 > r2 goto L2
  r2 = 0xcbf29ce484222325 ll
  r3 = 0
  r4 = 0x100000001b3 ll
L0:
  r5 = r1
  r5 += r3
  r5 = *(u8 *)(r5 +0)
  r2 ^= r5
  r2 *= r4
  r3 += 1
  if r3 == 0x580 goto L1
  goto L0
L1:
  r0 = r2
  r0 >>= 32
  w0 ^= w2
L2:
  exit
