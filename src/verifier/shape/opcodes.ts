/** Numbers of opcodes that control flow and shapes are told by (RFC 9669 §3, linux/bpf.h). */

export const CLASS_LD = 0x00;
export const CLASS_LDX = 0x01;
export const CLASS_ST = 0x02;
export const CLASS_STX = 0x03;
export const CLASS_ALU = 0x04;
export const CLASS_JMP = 0x05;
export const CLASS_JMP32 = 0x06;
export const CLASS_ALU64 = 0x07;

export const LD_IMM64 = 0x18;
export const JA = 0x05;
/** `JMP32 | JA`: the distance is in `imm`. */
export const JA32 = 0x06;
export const CALL = 0x85;
export const EXIT = 0x95;
/** `JMP | JCOND`: `may_goto`. Since 6.9. */
export const MAY_GOTO = 0xe5;

/** `BPF_OP`s of jumps. */
export const OP_JA = 0x00;
export const OP_CALL = 0x80;
export const OP_EXIT = 0x90;

/** `src` of a call: a subprogram, a kernel function. */
export const PSEUDO_CALL = 1;
export const PSEUDO_KFUNC_CALL = 2;

/** `src` of a wide load. */
export const PSEUDO_MAP = 1;
export const PSEUDO_MAP_VALUE = 2;
export const PSEUDO_BTF_ID = 3;
export const PSEUDO_FUNC = 4;
export const PSEUDO_MAP_IDX = 5;
export const PSEUDO_MAP_IDX_VALUE = 6;

/** Numbers of helpers that control flow depends on. */
export const HELPER_TAIL_CALL = 12;
export const HELPER_FOR_EACH_MAP_ELEM = 164;
export const HELPER_TIMER_SET_CALLBACK = 170;
export const HELPER_FIND_VMA = 180;
export const HELPER_LOOP = 181;
export const HELPER_USER_RINGBUF_DRAIN = 209;
