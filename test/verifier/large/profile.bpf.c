/* Walks an interpreter's stack with reads that may fail, the way profilers do. FRAMES and unrolling say how long it is. */
#include "common.h"
#ifndef FRAMES
#define FRAMES 12
#endif
#ifdef UNROLL
#define UNROLLED _Pragma("unroll")
#else
#define UNROLLED _Pragma("clang loop unroll(disable)")
#endif

struct offsets { u64 frame_back, frame_code, frame_line, code_file, code_name, string_data, string_size, thread_frame, thread_dict, self, type_name; };
struct process { u64 state_address, key_address; struct offsets at; u32 version, flags; };
struct symbol { u32 line; char class[32], name[64], file[64]; };
struct event { u32 pid, tid, count, status; u64 kernel; u32 stack[FRAMES]; };

struct { number(type, HASH); number(max_entries, 1024); type_of(key, u32); type_of(value, struct process); } processes SEC(".maps");
struct { number(type, PERCPU_ARRAY); number(max_entries, 1); type_of(key, u32); type_of(value, struct event); } scratch SEC(".maps");
struct { number(type, HASH); number(max_entries, 16384); type_of(key, struct symbol); type_of(value, u32); } symbols SEC(".maps");
struct { number(type, PERCPU_HASH); number(max_entries, 16384); type_of(key, u32); type_of(value, u64); } counts SEC(".maps");
struct { number(type, PERF_EVENT_ARRAY); number(max_entries, 0); number(key_size, 4); number(value_size, 4); } events SEC(".maps");

static inlined int read_string(struct process *process, u64 address, char *to, u32 size) {
  u64 length = 0;
  if (!address) return 0;
  if (probe_read_user(&length, 8, (void *)(address + process->at.string_size))) return -1;
  if (length == 0) return 0;
  return probe_read_user_str(to, size, (void *)(address + process->at.string_data));
}

static inlined int read_symbol(struct process *process, u64 frame, struct symbol *symbol) {
  u64 code = 0, address = 0, self = 0, type = 0;
  if (probe_read_user(&code, 8, (void *)(frame + process->at.frame_code)) || !code) return -1;
  probe_read_user(&self, 8, (void *)(frame + process->at.self));
  probe_read_user(&address, 8, (void *)(code + process->at.code_name));
  if (process->flags & 1) {
    if (read_string(process, address, symbol->name, sizeof symbol->name) < 0) return -1;
    if (symbol->name[0] == 's' && symbol->name[1] == 'e' && self) {
      probe_read_user(&type, 8, (void *)(self + 8));
      if (process->version > 3) probe_read_user(&type, 8, (void *)(type + process->at.type_name));
      probe_read_user_str(symbol->class, sizeof symbol->class, (void *)type);
    } else if (symbol->name[0] == 'c' && symbol->name[2] == 's') probe_read_user_str(symbol->class, sizeof symbol->class, (void *)self);
  } else if (read_string(process, address, symbol->name, sizeof symbol->name) < 0) return -1;
  probe_read_user(&address, 8, (void *)(code + process->at.code_file));
  if (read_string(process, address, symbol->file, sizeof symbol->file) < 0) return -1;
  probe_read_user(&symbol->line, 4, (void *)(code + process->at.frame_line));
  return 0;
}

static inlined u32 number_of(struct symbol *symbol, u32 fresh) {
  u32 *known = map_lookup(&symbols, symbol);
  if (known) return *known;
  map_update(&symbols, symbol, &fresh, 0);
  return fresh;
}

SEC("perf_event") int sample(void *ctx) {
  u64 id = pid_tgid();
  u32 pid = id >> 32, zero = 0;
  struct process *process = map_lookup(&processes, &pid);
  if (!process) return 0;
  struct event *event = map_lookup(&scratch, &zero);
  if (!event) return 0;
  event->pid = pid;
  event->tid = (u32)id;
  event->count = 0;
  event->status = 0;
  u64 thread = 0, frame = 0;
  probe_read_user(&thread, 8, (void *)process->state_address);
  if (!thread) { event->status = 1; goto out; }
  if (process->flags & 2) {
    u64 key = 0;
    probe_read_user(&key, 8, (void *)process->key_address);
    u64 task = current_task(), base = 0;
    probe_read(&base, 8, (void *)(task + 0x1318));
    probe_read_user(&thread, 8, (void *)(base + 0x310 + (key & 31) * 16));
  }
  probe_read_user(&frame, 8, (void *)(thread + process->at.thread_frame));
  if (!frame) { event->status = 2; goto out; }
  struct symbol symbol = {};
  UNROLLED
  for (u32 at = 0; at < FRAMES; at++) {
    if (!frame) break;
    __builtin_memset(&symbol, 0, sizeof symbol);
    if (read_symbol(process, frame, &symbol) < 0) { event->status = 3; break; }
    u32 number = number_of(&symbol, at * 64 + (u32)id);
    event->stack[at] = number;
    event->count = at + 1;
    u64 *seen = map_lookup(&counts, &number);
    if (seen) *seen += 1;
    if (probe_read_user(&frame, 8, (void *)(frame + process->at.frame_back))) { event->status = 4; break; }
  }
out:
  perf_output(ctx, &events, 0xffffffffull, event, sizeof *event);
  return 0;
}

/* Variables of a thread, of kinds that configuration says, into one buffer: lengths add up. */
struct variable { u64 address; u32 kind, size; };
struct config { struct variable integers[8], strings[12], maps[3]; };
struct payload { u64 integers[8]; u16 lengths[12]; u16 map_lengths[3][6]; u32 used; char bytes[4096]; };
struct { number(type, HASH); number(max_entries, 64); type_of(key, u32); type_of(value, struct config); } configs SEC(".maps");
struct { number(type, PERCPU_ARRAY); number(max_entries, 1); type_of(key, u32); type_of(value, struct payload); } payloads SEC(".maps");

static inlined u64 locate(struct variable *variable, u64 base) {
  u64 at = 0;
  if (variable->kind == 0) return 0;
  if (variable->kind == 1) return variable->address;
  if (variable->kind == 2) return base + variable->address;
  probe_read_user(&at, 8, (void *)(base + 8));
  if (variable->kind == 3) { probe_read_user(&at, 8, (void *)(at + variable->size)); return at ? at + variable->address : 0; }
  return at + variable->address;
}

static inlined u32 append(struct payload *payload, u32 used, u64 address, u16 *length) {
  if (used > 4096 - 128) return used;
  long read = probe_read_user_str(payload->bytes + used, 128, (void *)address);
  if (read < 0 || read > 128) return used;
  *length = read;
  return used + read;
}

SEC("tp/sched/sched_switch") int variables(void *ctx) {
  u32 pid = pid_tgid() >> 32, zero = 0, used = 0;
  struct config *config = map_lookup(&configs, &pid);
  struct payload *payload = map_lookup(&payloads, &zero);
  if (!config || !payload) return 0;
  u64 base = 0;
  probe_read(&base, 8, (void *)(current_task() + 0x1318));
  UNROLLED
  for (int at = 0; at < 8; at++) {
    u64 address = locate(&config->integers[at], base);
    if (address) probe_read_user(&payload->integers[at], 8, (void *)address);
  }
  UNROLLED
  for (int at = 0; at < 12; at++) {
    u64 address = locate(&config->strings[at], base);
    payload->lengths[at] = 0;
    if (address) used = append(payload, used, address, &payload->lengths[at]);
  }
  UNROLLED
  for (int at = 0; at < 3; at++) {
    u64 address = locate(&config->maps[at], base);
    u64 header[4] = {};
    if (!address || probe_read_user(header, 32, (void *)address)) continue;
    UNROLLED
    for (int entry = 0; entry < 6; entry++) {
      if (entry >= header[0]) break;
      payload->map_lengths[at][entry] = 0;
      used = append(payload, used, header[1] + entry * 16, &payload->map_lengths[at][entry]);
    }
  }
  payload->used = used;
  if (used <= 4096) perf_output(ctx, &events, 0xffffffffull, payload, used + __builtin_offsetof(struct payload, bytes));
  return 0;
}
char LICENSE[] SEC("license") = "GPL";
