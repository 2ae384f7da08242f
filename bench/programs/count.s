; 256 lookups in a hash map of 32,768 entries: keys of 4 bytes, in a scattered order.
  r6 = 0
  w7 = 256
  w8 = 0
  goto L1
L0:
  w8 += -1640531535
  w7 += -1
  if w7 == 0x0 goto L2
L1:
  *(u32 *)(r10 -4) = r8
  r2 = r10
  r2 += -4
  r1 = map table
  call unknown#1
  if r0 == 0x0 goto L0
  r1 = *(u64 *)(r0 +0)
  r1 += r6
  r6 = r1
  goto L0
L2:
  w0 = w6
  exit
