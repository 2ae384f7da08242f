// Decides about files as they are opened: here, whether they may be opened for writing while the switch is on.

import { lsm, type u32, type u64 } from "skep/bpf";
import type { file } from "skep/vmlinux";

/** 1: nobody may open a file for writing. */
export let locked: u32;
export let refused: u64 = 0;

const FMODE_WRITE = 2;
const EPERM = 1;

export const onOpen = lsm("file_open", (opened: file) => {
  if (locked === 0 || (opened.f_mode & FMODE_WRITE) === 0) return 0;
  refused += 1;
  return -EPERM;
});
