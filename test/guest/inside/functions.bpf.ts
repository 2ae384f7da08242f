// Programs on functions of the kernel, in our language: each counts what this test's process does.

import {
  bpf_get_current_pid_tgid,
  config,
  fentry,
  fexit,
  fmodRet,
  iterator,
  kprobe,
  kprobeMulti,
  kprobeSession,
  kretprobe,
  kretprobeMulti,
  lsm,
  lsmCgroup,
  u32,
  type u64,
} from "skep/bpf";

export let watched: u32 = 0;
export let kprobes: u64 = 0;
export let kretprobes: u64 = 0;
export let entries: u64 = 0;
export let exits: u64 = 0;
export let modified: u64 = 0;
export let decided: u64 = 0;
export let sockets: u64 = 0;
export let threads: u64 = 0;
export let many: u64 = 0;
export let returns: u64 = 0;
export let sessions: u64 = 0;
/** What the function that was probed returned. */
export let returned: u64 = 0;
/** Not 0: `unlink` is refused. */
export const refuse = config<u32>(0);
const EPERM = 1;

function mine(): boolean {
  return u32(bpf_get_current_pid_tgid() >> 32) === watched;
}

export const onKprobe = kprobe("do_unlinkat", () => {
  if (mine()) kprobes++;
});

export const onKretprobe = kretprobe("do_unlinkat", (ctx) => {
  if (!mine()) return;
  kretprobes++;
  returned = ctx.returnValue;
});

export const onEntry = fentry("do_unlinkat", () => {
  if (mine()) entries++;
});

export const onExit = fexit("do_unlinkat", () => {
  if (mine()) exits++;
});

export const onModify = fmodRet("security_path_unlink", () => {
  if (mine()) modified++;
  return 0;
});

export const onDecision = lsm("path_unlink", () => {
  if (!mine()) return 0;
  decided++;
  return refuse === 0 ? 0 : -EPERM;
});

export const onSocket = lsmCgroup("socket_create", () => {
  sockets++;
  return 1;
});

export const eachThread = iterator("task", () => {
  threads++;
});

export const onMany = kprobeMulti("do_unlink*", () => {
  if (mine()) many++;
});

export const onReturns = kretprobeMulti("do_unlink*", () => {
  if (mine()) returns++;
});

export const onSession = kprobeSession("do_unlinkat", () => {
  if (mine()) sessions++;
  return 0;
});
