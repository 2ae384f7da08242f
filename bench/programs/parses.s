; The program parse.s as a function that is called sixteen times in one run: where the kernel's clock of whole nanoseconds can see it.
  r6 = r1
  r7 = 16
  w8 = 0
L0:
  r1 = r6
  call parse
  w8 += w0
  r7 += -1
  if r7 != 0x0 goto L0
  w0 = w8
  exit
parse:
  w0 = 0
  r2 = *(u32 *)(r1 +4)
  r1 = *(u32 *)(r1 +0)
  r3 = r1
  r3 += 14
  if r3 > r2 goto P9
  r4 = *(u8 *)(r1 +12)
  r3 = *(u8 *)(r1 +13)
  w3 <<= 8
  w3 |= w4
  if w3 == 0x81 goto P0
  r4 = 14
  if w3 != 0xa888 goto P1
P0:
  w0 = 1
  r3 = r1
  r3 += 18
  if r3 > r2 goto P9
  r4 = 18
  r3 = *(u16 *)(r1 +16)
P1:
  w0 = 2
  if w3 != 0x8 goto P9
  r1 += r4
  r3 = r1
  r3 += 20
  w0 = 1
  if r3 > r2 goto P9
  r4 = *(u8 *)(r1 +0)
  w3 = w4
  w3 &= 240
  if w3 != 0x40 goto P9
  w4 <<= 2
  w4 &= 60
  if w4 < 0x14 goto P9
  r3 = *(u16 *)(r1 +6)
  w3 &= 65343
  w0 = 2
  if w3 != 0x0 goto P9
  r3 = *(u16 *)(r1 +2)
  r3 = be16 r3
  w0 = 1
  if w4 > w3 goto P9
  r3 = *(u32 *)(r1 +12)
  r5 = r3
  r5 = be32 r5
  w6 = w5
  w6 &= -65536
  if w6 == 0xa9fe0000 goto P9
  r3 = be64 r3
  r3 >>= 56
  if w3 == 0x7f goto P9
  w5 &= -268435456
  if w5 == 0xe0000000 goto P9
  r5 = r1
  r5 += r4
  r4 = *(u8 *)(r1 +9)
  if w4 == 0x1 goto P5
  if w4 == 0x11 goto P3
  if w4 != 0x6 goto P7
  r1 = r5
  r1 += 20
  if r1 > r2 goto P9
  r2 = *(u16 *)(r5 +12)
  w2 >>= 8
  w1 = w2
  w1 &= 6
  if w1 == 0x6 goto P9
  w1 = w2
  w1 &= 63
  if w1 == 0x0 goto P9
  w2 &= 3
  if w2 == 0x3 goto P9
  r2 = *(u16 *)(r5 +2)
  if w2 != 0x1600 goto P6
  w0 = 2
  if w3 == 0xa goto P9
P2:
  w0 = 1
  goto P9
P3:
  r1 = r5
  r1 += 8
  if r1 > r2 goto P9
  r1 = *(u16 *)(r5 +2)
  w1 &= 65535
  w0 = 2
  w2 = 2
  if w1 == 0x7b00 goto P4
  w2 = 1
P4:
  if w1 == 0x3500 goto P9
  w0 = w2
  goto P9
P5:
  r1 = r5
  r1 += 4
  if r1 > r2 goto P9
  r1 = *(u8 *)(r5 +0)
  w0 = 2
  if w1 == 0x8 goto P9
  if w1 == 0x0 goto P9
  goto P2
P6:
  w0 = 2
  if w2 == 0x5000 goto P9
  if w2 == 0x901f goto P9
  if w2 == 0xbb01 goto P9
  w2 &= 128
  w0 = 1
  if w2 == 0x0 goto P9
  w1 &= 16
  if w1 == 0x0 goto P9
  goto P8
P7:
  r1 = *(u32 *)(r1 +16)
  if w1 == 0xffffffff goto P9
P8:
  w0 = 2
P9:
  exit
