; Ethernet, stacked VLAN tags, IPv4 or IPv6 with extension headers, TCP with options: 16 times in one run.
  w2 = 0
  r3 = *(u32 *)(r1 +4)
  r1 = *(u32 *)(r1 +0)
  r4 = r1
  r4 += 22
  *(u64 *)(r10 -16) = r4
  r4 = r1
  r4 += 18
  *(u64 *)(r10 -8) = r4
  r8 = r1
  r8 += 14
  w0 = 0
  goto L3
L0:
  r4 = r5
  r4 += 8
  w0 = 1
  if r4 > r3 goto L2
  r4 = *(u32 *)(r5 +0)
  w4 *= -1640531535
  w4 += w9
  r5 = *(u16 *)(r5 +4)
  r5 = be16 r5
  w9 = w4
  if w5 < 0x8 goto L2
L1:
  w9 |= 4
  w0 = w9
L2:
  w2 += 1
  if w2 == 0x10 goto L22
L3:
  w4 = w0
  w0 = 1
  if r8 > r3 goto L2
  w7 = w2
  w7 += w4
  r4 = *(u16 *)(r1 +12)
  if w4 s> 0xa887 goto L4
  r5 = r8
  if w4 == 0x8 goto L8
  w0 = 2
  if w4 == 0x81 goto L5
  goto L2
L4:
  r6 = r8
  if w4 == 0xdd86 goto L9
  w0 = 2
  if w4 != 0xa888 goto L2
L5:
  w0 = 1
  r4 = *(u64 *)(r10 -8)
  if r4 > r3 goto L2
  r4 = *(u16 *)(r1 +16)
  if w4 s> 0xa887 goto L6
  r5 = *(u64 *)(r10 -8)
  if w4 == 0x8 goto L8
  w0 = 2
  if w4 == 0x81 goto L7
  goto L2
L6:
  r6 = *(u64 *)(r10 -8)
  if w4 == 0xdd86 goto L9
  w0 = 2
  if w4 != 0xa888 goto L2
L7:
  w0 = 1
  r4 = *(u64 *)(r10 -16)
  if r4 > r3 goto L2
  r4 = *(u16 *)(r1 +20)
  r6 = *(u64 *)(r10 -16)
  if w4 == 0xdd86 goto L9
  r5 = *(u64 *)(r10 -16)
  w0 = 2
  if w4 != 0x8 goto L2
L8:
  r4 = r5
  r4 += 20
  w0 = 1
  if r4 > r3 goto L2
  r6 = *(u8 *)(r5 +0)
  w4 = w6
  w4 &= 240
  if w4 != 0x40 goto L2
  w6 <<= 2
  w6 &= 60
  if w6 < 0x14 goto L2
  r4 = *(u16 *)(r5 +6)
  w4 &= 65343
  w0 = 2
  if w4 != 0x0 goto L2
  r4 = *(u16 *)(r5 +2)
  r4 = be16 r4
  w0 = 1
  if w6 > w4 goto L2
  r9 = *(u32 *)(r5 +16)
  w4 = w9
  w4 >>= 25
  w9 <<= 7
  w9 |= w4
  r4 = *(u32 *)(r5 +12)
  w9 += w4
  w9 ^= w7
  r7 = *(u8 *)(r5 +9)
  r5 += r6
  goto L13
L9:
  r5 = r6
  r5 += 40
  if r5 > r3 goto L2
  r4 = *(u8 *)(r6 +0)
  w4 &= 240
  if w4 != 0x60 goto L2
  w4 = w7
  w4 >>= 27
  w7 <<= 5
  w7 |= w4
  r4 = *(u32 *)(r6 +8)
  w4 ^= w7
  r0 = *(u32 *)(r6 +24)
  w4 ^= w0
  w0 = w4
  w0 >>= 27
  w4 <<= 5
  w4 |= w0
  r0 = *(u32 *)(r6 +12)
  w0 ^= w4
  r4 = *(u32 *)(r6 +28)
  w0 ^= w4
  w4 = w0
  w4 >>= 27
  w0 <<= 5
  w0 |= w4
  r4 = *(u32 *)(r6 +16)
  w4 ^= w0
  r0 = *(u32 *)(r6 +32)
  w4 ^= w0
  w0 = w4
  w0 >>= 27
  w4 <<= 5
  w4 |= w0
  r9 = *(u32 *)(r6 +20)
  w9 ^= w4
  r4 = *(u32 *)(r6 +36)
  w9 ^= w4
  r7 = *(u8 *)(r6 +6)
  if w7 > 0x3c goto L13
  r4 = 1
  r4 <<= r7
  r0 = 0x1000080000000001 ll
  r4 &= r0
  if r4 != 0x0 goto L10
  goto L13
L10:
  r4 = r6
  r4 += 48
  w0 = 1
  if r4 > r3 goto L2
  r0 = *(u8 *)(r6 +41)
  r0 <<= 3
  r4 = r5
  r4 += r0
  r5 = r4
  r5 += 8
  r7 = *(u8 *)(r6 +40)
  if w7 > 0x3c goto L13
  r0 = 1
  r0 <<= r7
  r6 = 0x1000080000000001 ll
  r0 &= r6
  if r0 != 0x0 goto L11
  goto L13
L11:
  r6 = r4
  r6 += 16
  w0 = 1
  if r6 > r3 goto L2
  r0 = *(u8 *)(r4 +9)
  r0 <<= 3
  r6 = r5
  r6 += r0
  r5 = r6
  r5 += 8
  r7 = *(u8 *)(r4 +8)
  if w7 > 0x3c goto L13
  r4 = 1
  r4 <<= r7
  r0 = 0x1000080000000001 ll
  r4 &= r0
  if r4 != 0x0 goto L12
  goto L13
L12:
  r4 = r6
  r4 += 16
  w0 = 1
  if r4 > r3 goto L2
  r4 = *(u8 *)(r6 +9)
  r4 <<= 3
  r5 += r4
  r7 = *(u8 *)(r6 +8)
  r5 += 8
L13:
  if w7 s> 0x10 goto L15
  if w7 == 0x1 goto L1
  w0 = 2
  if w7 == 0x6 goto L14
  goto L2
L14:
  r4 = r5
  r4 += 20
  w0 = 1
  if r4 > r3 goto L2
  r4 = *(u8 *)(r5 +12)
  w6 = w4
  if w4 < 0x50 goto L2
  r4 = r5
  r4 += 60
  if r4 > r3 goto L2
  r4 = *(u32 *)(r5 +0)
  *(u32 *)(r10 -40) = r4
  w6 >>= 2
  w6 &= 60
  w4 = 536
  *(u64 *)(r10 -32) = r4
  *(u32 *)(r10 -24) = r6
  if w6 < 0x15 goto L18
  w4 = 536
  *(u64 *)(r10 -32) = r4
  w6 = 20
  w7 = 0
  goto L19
L15:
  if w7 == 0x11 goto L0
  w0 = 2
  if w7 == 0x3a goto L1
  goto L2
L16:
  r4 = *(u8 *)(r4 +1)
  w0 = 1
  if w4 < 0x2 goto L2
  w6 += w4
  if w4 > 0x28 goto L2
L17:
  if w7 > 0x2 goto L18
  w7 += 1
  r4 = *(u32 *)(r10 -24)
  if w6 < w4 goto L19
L18:
  r0 = *(u32 *)(r10 -40)
  w0 *= -1640531535
  w0 += w9
  r4 = *(u64 *)(r10 -32)
  w0 += w4
  r4 = *(u8 *)(r5 +13)
  w4 &= 23
  w9 = w0
  w9 ^= 21845
  if w4 == 0x2 goto L1
  w9 = w0
  goto L1
L19:
  w0 = w6
  w0 &= 31
  r4 = r5
  r4 += r0
  r0 = r4
  r0 += 4
  if r0 > r3 goto L18
  r0 = *(u8 *)(r4 +0)
  if w0 == 0x1 goto L21
  if w0 == 0x2 goto L20
  if w0 == 0x0 goto L18
  goto L16
L20:
  r0 = *(u16 *)(r4 +2)
  r0 = be16 r0
  *(u64 *)(r10 -32) = r0
  goto L16
L21:
  w6 += 1
  goto L17
L22:
  exit
