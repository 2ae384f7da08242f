; A state machine of twelve states over 512 bytes, as a switch over states and over characters, like those for host names and request lines.
  w0 = 0
  r2 = *(u32 *)(r1 +4)
  r1 = *(u32 *)(r1 +0)
  r3 = r1
  r3 += 566
  if r3 > r2 goto L33
  r4 = 0
  r1 += 54
  w3 = 0
  w5 = 0
  w2 = 0
  w7 = 0
  goto L1
L0:
  r4 += 1
  if r4 == 0x200 goto L32
L1:
  w9 = w7
  w6 = w0
  r0 = r1
  r0 += r4
  r8 = *(u8 *)(r0 +0)
  if w9 s> 0x5 goto L2
  if w9 s> 0x2 goto L22
  if w9 == 0x0 goto L12
  if w9 == 0x1 goto L5
  w7 = 11
  w0 = w6
  if w8 == 0x2e goto L0
  w7 = 2
  if w8 == 0x2d goto L28
  w7 = 1
  goto L28
L2:
  if w9 s> 0x8 goto L4
  if w9 == 0x6 goto L10
  if w9 == 0x7 goto L6
  w9 = w8
  w9 |= 32
  w9 += -97
  w9 &= 255
  w7 = 9
  w0 = 9
  if w9 < 0x6 goto L3
  w0 = 11
L3:
  w8 += -48
  w8 &= 255
  if w8 < 0xa goto L28
  w7 = w0
  goto L28
L4:
  w7 = 7
  w0 = w6
  if w9 == 0x9 goto L0
  if w9 == 0xa goto L26
  w7 = 0
  w3 += 1
  goto L28
L5:
  if w8 s> 0x2c goto L7
  if w8 s> 0x24 goto L17
  w0 = w8
  w0 += -9
  if w0 < 0x2 goto L27
  if w8 == 0x20 goto L27
  if w8 == 0x22 goto L14
  goto L19
L6:
  if w8 s> 0x24 goto L20
  if w8 == 0x20 goto L27
  w7 = 7
  w0 = w6
  if w8 == 0x23 goto L14
  goto L0
L7:
  if w8 s> 0x3c goto L8
  w7 = 2
  w0 = w6
  if w8 == 0x2d goto L0
  if w8 == 0x2e goto L30
  if w8 == 0x3b goto L27
  goto L19
L8:
  if w8 s> 0x5a goto L18
  if w8 == 0x3d goto L11
  if w8 == 0x3f goto L9
  goto L19
L9:
  w7 = 5
  goto L28
L10:
  if w8 == 0x23 goto L14
  w7 = 6
  w0 = w6
  if w8 == 0x26 goto L0
  if w8 != 0x3d goto L15
L11:
  w5 += 1
  w7 = 7
  goto L28
L12:
  w9 = w8
  w9 |= 32
  if w9 < 0x61 goto L13
  w7 = 1
  w0 = 1
  if w9 < 0x7b goto L0
L13:
  w7 = 4
  w9 = w8
  w9 += -48
  w9 &= 255
  w0 = w6
  if w9 < 0xa goto L0
  w7 = 5
  w0 = w6
  if w8 == 0x3f goto L0
  if w8 != 0x23 goto L27
L14:
  w7 = 10
  goto L28
L15:
  if w8 == 0x29 goto L16
  if w8 == 0x5d goto L16
  w0 = w6
  if w8 != 0x20 goto L0
L16:
  goto L27
L17:
  if w8 == 0x25 goto L31
  if w8 == 0x28 goto L21
  if w8 == 0x2c goto L27
  goto L19
L18:
  if w8 == 0x5b goto L21
  if w8 == 0x7b goto L21
L19:
  w7 = 1
  w6 += 1
  goto L28
L20:
  if w8 == 0x25 goto L31
  if w8 == 0x3b goto L27
  w7 = 7
  w0 = w6
  if w8 != 0x26 goto L0
L21:
  goto L23
L22:
  if w9 == 0x3 goto L24
  if w9 == 0x4 goto L25
  w7 = 0
  if w8 == 0x20 goto L28
L23:
  w7 = 6
  goto L28
L24:
  w7 = 11
  if w8 == 0x2e goto L28
  goto L27
L25:
  w0 = w8
  w0 += -48
  w0 &= 255
  if w0 > 0x9 goto L29
  w7 = 4
  w6 += 1
  goto L28
L26:
  if w8 == 0x22 goto L27
  w7 = 10
  w0 = w6
  if w8 != 0xa goto L0
L27:
  w7 = 0
L28:
  w0 = w6
  goto L0
L29:
  w7 = 0
  w0 = w6
  if w8 != 0x2e goto L0
L30:
  w7 = 3
  w2 += 1
  goto L28
L31:
  w7 = 8
  goto L28
L32:
  w2 *= 31
  w2 += w5
  w2 *= 31
  w2 += w3
  w2 *= 31
  w0 += w2
  w0 += 1
L33:
  exit
