; A tokenizer: a state machine over 512 bytes of text, nine states, many branches.
  w0 = 0
  r2 = *(u32 *)(r1 +4)
  r3 = *(u32 *)(r1 +0)
  r1 = r3
  r1 += 526
  if r1 > r2 goto L26
  w9 = 0
  r6 = 0
  r3 += 14
  w1 = 0
  *(u32 *)(r10 -8) = r1
  w4 = 0
  w5 = 0
  *(u32 *)(r10 -24) = r1
  *(u32 *)(r10 -16) = r1
  w8 = 0
  goto L1
L0:
  r6 += 1
  if r6 == 0x200 goto L25
L1:
  r2 = r3
  r2 += r6
  r7 = *(u8 *)(r2 +0)
  if w8 s> 0x3 goto L2
  if w8 s> 0x1 goto L4
  if w8 == 0x0 goto L6
  w8 = 1
  w2 = w7
  w2 += -97
  w2 &= 255
  if w2 < 0x1a goto L0
  w2 = w7
  w2 += -48
  w2 &= 255
  if w2 < 0xa goto L0
  if w7 == 0x5f goto L0
  w2 = w7
  w2 += -65
  w2 &= 255
  if w2 < 0x1a goto L0
  w8 = 0
  if w7 == 0xa goto L0
  if w7 == 0x20 goto L0
  if w7 != 0x22 goto L12
  goto L18
L2:
  if w8 s> 0x5 goto L3
  if w8 == 0x4 goto L8
  w8 = 5
  if w7 != 0xa goto L0
  goto L5
L3:
  if w8 == 0x6 goto L19
  w8 = 7
  w1 = w7
  w1 += -48
  w1 &= 255
  if w1 < 0xa goto L0
  w7 += -97
  w7 &= 255
  if w7 < 0x6 goto L0
  goto L5
L4:
  if w8 == 0x2 goto L10
  if w7 == 0xa goto L13
  w8 = 4
  if w7 == 0x5c goto L0
  if w7 != 0x22 goto L15
L5:
  w8 = 0
  goto L0
L6:
  w8 = 0
  if w7 == 0x20 goto L0
  w2 = w7
  w2 += -9
  w2 &= 255
  if w2 < 0x2 goto L0
  w2 = w7
  w2 += -97
  w2 &= 255
  if w2 < 0x1a goto L7
  if w7 == 0x5f goto L7
  w2 = w7
  w2 += -65
  w2 &= 255
  if w2 > 0x19 goto L16
L7:
  w8 = 1
  r1 = *(u32 *)(r10 -16)
  w1 += 1
  *(u32 *)(r10 -16) = r1
  goto L0
L8:
  w8 = 3
  w2 = w7
  w2 += -92
  if w2 > 0x18 goto L9
  w1 = 1
  w1 <<= w2
  w1 &= 17039361
  if w1 != 0x0 goto L0
L9:
  if w7 == 0x22 goto L0
  goto L14
L10:
  w2 = w7
  w2 += -48
  w2 &= 255
  if w2 > 0x9 goto L11
  w9 *= 10
  w9 += w7
  w8 = 2
  w9 += -48
  goto L0
L11:
  w8 = 7
  if w7 == 0x78 goto L0
  if w7 == 0x2e goto L0
  w8 = 0
  if w7 == 0xa goto L0
  if w7 == 0x20 goto L0
L12:
  w4 += 1
  goto L0
L13:
  w8 = 0
L14:
  r1 = *(u32 *)(r10 -8)
  w1 += 1
  *(u32 *)(r10 -8) = r1
  goto L0
L15:
  w8 = 3
  goto L0
L16:
  w2 = w7
  w2 += -48
  w8 = w2
  w8 &= 255
  if w8 > 0x9 goto L17
  w8 = 2
  w0 += 1
  w9 = w2
  goto L0
L17:
  w8 = 6
  if w7 == 0x2f goto L0
  if w7 == 0x23 goto L20
  if w7 != 0x22 goto L22
L18:
  w8 = 3
  r1 = *(u32 *)(r10 -24)
  w1 += 1
  *(u32 *)(r10 -24) = r1
  goto L0
L19:
  if w7 != 0x2f goto L21
L20:
  w8 = 5
  w5 += 1
  goto L0
L21:
  w8 = 0
  w4 += 1
  goto L0
L22:
  if w7 == 0x2b goto L23
  if w7 > 0x3d goto L24
  r2 = 1
  r2 <<= r7
  r1 = 0x2800370000000000 ll
  r2 &= r1
  if r2 != 0x0 goto L23
  goto L24
L23:
  w4 += 1
  w8 = 0
  goto L0
L24:
  r1 = *(u32 *)(r10 -8)
  w1 += 1
  *(u32 *)(r10 -8) = r1
  w8 = 0
  goto L0
L25:
  w0 *= 7
  r1 = *(u32 *)(r10 -16)
  w0 += w1
  r1 = *(u32 *)(r10 -24)
  w1 *= 31
  w0 += w1
  w5 *= 127
  w0 += w5
  w4 *= 1021
  w0 += w4
  r1 = *(u32 *)(r10 -8)
  w1 *= 8191
  w0 += w1
  w0 += w9
L26:
  exit
