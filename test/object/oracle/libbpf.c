// SPDX-License-Identifier: Apache-2.0
// What would libbpf hand to the kernel? Opens an object, lets libbpf load it, and answers every bpf(2) itself: no program
// reaches a kernel, and no privilege is needed. Prints one JSON object a line.
//
//   cc -O1 -o libbpf-oracle libbpf.c -lbpf && ./libbpf-oracle prog.bpf.o [KCONFIG_TEXT] [BTF_FILE_FOR_CORE]
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MAX_FD = 4096 };
static char map_names[MAX_FD][16];
static char is_map[MAX_FD];
static struct bpf_object *object;
static int loading;

static void hex(const void *data, size_t size) {
  const unsigned char *bytes = data;
  for (size_t i = 0; i < size; i++) printf("%02x", bytes[i]);
}

static int fake_fd(void) { return open("/dev/null", O_RDWR | O_CLOEXEC); }

// libbpf makes maps under their names, but first tries out what the kernel can do with maps and programs of its own.
static struct bpf_map *own_map(const union bpf_attr *attr) {
  struct bpf_map *map;
  bpf_object__for_each_map(map, object) {
    if (strncmp(bpf_map__name(map), attr->map_name, 15) == 0) return map;
  }
  return NULL;
}

// Several may share the 15 bytes that the kernel keeps of a name: libbpf loads them in order.
static struct bpf_program *own_program(const union bpf_attr *attr) {
  static struct bpf_program *last;
  struct bpf_program *prog = last;
  while ((prog = bpf_object__next_program(object, prog)) != NULL) {
    if (strncmp(bpf_program__name(prog), attr->prog_name, 15) == 0 && bpf_program__insn_cnt(prog) == attr->insn_cnt) return last = prog;
  }
  return NULL;
}

static long map_create(const union bpf_attr *attr) {
  int fd = fake_fd();
  if (fd < 0 || fd >= MAX_FD) return -1;
  is_map[fd] = 1;
  memcpy(map_names[fd], attr->map_name, 16);
  if (loading && (own_map(attr) || strstr(attr->map_name, ".inner"))) {
    printf("{\"kind\":\"map\",\"name\":\"%.15s\",\"type\":%u,\"keySize\":%u,\"valueSize\":%u,\"maxEntries\":%u,\"flags\":%u,\"keyType\":%u,\"valueType\":%u,\"numa\":%u,\"extra\":%llu}\n",
           attr->map_name, attr->map_type, attr->key_size, attr->value_size, attr->max_entries, attr->map_flags, attr->btf_key_type_id,
           attr->btf_value_type_id, attr->numa_node, (unsigned long long)attr->map_extra);
  }
  return fd;
}

static long prog_load(const union bpf_attr *attr) {
  int fd = fake_fd();
  struct bpf_program *prog = loading ? own_program(attr) : NULL;
  if (prog == NULL) return fd;
  struct bpf_insn *insns = malloc(attr->insn_cnt * sizeof(*insns));
  memcpy(insns, (void *)(unsigned long)attr->insns, attr->insn_cnt * sizeof(*insns));
  printf("{\"kind\":\"program\",\"name\":\"%s\",\"type\":%u,\"attach\":%u,\"flags\":%u,\"maps\":[", bpf_program__name(prog), attr->prog_type,
         attr->expected_attach_type, attr->prog_flags);
  const char *comma = "";
  for (unsigned i = 0; i + 1 < attr->insn_cnt; i++) {
    if (insns[i].code != 0x18) continue;
    if (insns[i].src_reg == BPF_PSEUDO_MAP_FD || insns[i].src_reg == BPF_PSEUDO_MAP_VALUE) {
      printf("%s[%u,\"%.15s\"]", comma, i, map_names[insns[i].imm]);
      insns[i].imm = 0;
      comma = ",";
    }
    i++;
  }
  printf("],\"functions\":[");
  comma = "";
  for (unsigned i = 0; i < attr->func_info_cnt; i++) {
    const struct bpf_func_info *info = (void *)(unsigned long)(attr->func_info + i * attr->func_info_rec_size);
    printf("%s[%u,%u]", comma, info->insn_off, info->type_id);
    comma = ",";
  }
  printf("],\"lines\":[");
  comma = "";
  for (unsigned i = 0; i < attr->line_info_cnt; i++) {
    const struct bpf_line_info *info = (void *)(unsigned long)(attr->line_info + i * attr->line_info_rec_size);
    printf("%s[%u,%u,%u]", comma, info->insn_off, info->line_col >> 10, info->line_col & 0x3ff);
    comma = ",";
  }
  printf("],\"code\":\"");
  hex(insns, attr->insn_cnt * sizeof(*insns));
  printf("\"}\n");
  free(insns);
  return fd;
}

static long fake_bpf(int cmd, union bpf_attr *attr) {
  switch (cmd) {
    case BPF_MAP_CREATE:
      return map_create(attr);
    case BPF_PROG_LOAD:
      return prog_load(attr);
    case BPF_BTF_LOAD:
      if (loading) {
        printf("{\"kind\":\"btf\",\"bytes\":\"");
        hex((void *)(unsigned long)attr->btf, attr->btf_size);
        printf("\"}\n");
      }
      return fake_fd();
    case BPF_MAP_UPDATE_ELEM:
    case BPF_MAP_FREEZE:
    case BPF_PROG_BIND_MAP:
      return 0;
    default:
      errno = ENOENT;
      return -1;
  }
}

// libbpf calls bpf(2) through this function of the C library; the program's own comes first.
long syscall(long number, ...) {
  va_list list;
  va_start(list, number);
  long a = va_arg(list, long), b = va_arg(list, long), c = va_arg(list, long), d = va_arg(list, long), e = va_arg(list, long), f = va_arg(list, long);
  va_end(list);
  if (number == SYS_bpf) return fake_bpf((int)a, (union bpf_attr *)b);
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
  if (result < 0 && result > -4096) {
    errno = (int)-result;
    return -1;
  }
  return result;
}

// Targets that any kernel has: what is compared is the code, not whether this kernel has the object's own target.
static const char *some_target(enum bpf_attach_type type) {
  switch (type) {
    case BPF_TRACE_RAW_TP:
      return "sched_switch";
    case BPF_LSM_MAC:
      return "file_open";
    case BPF_TRACE_ITER:
      return "task";
    default:
      return "vfs_read";
  }
}

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IOFBF, 1 << 16);
  struct bpf_object_open_opts options = {.sz = sizeof(options), .kconfig = argc > 2 && argv[2][0] ? argv[2] : NULL, .btf_custom_path = argc > 3 ? argv[3] : NULL};
  object = bpf_object__open_file(argv[1], &options);
  if (object == NULL) {
    printf("{\"kind\":\"refused\",\"errno\":%d}\n", errno);
    return 1;
  }
  struct bpf_program *prog;
  bpf_object__for_each_program(prog, object) {
    enum bpf_prog_type type = bpf_program__type(prog);
    printf("{\"kind\":\"opened\",\"name\":\"%s\",\"section\":\"%s\",\"type\":%u,\"attach\":%u,\"autoload\":%s}\n", bpf_program__name(prog),
           bpf_program__section_name(prog), type, bpf_program__expected_attach_type(prog), bpf_program__autoload(prog) ? "true" : "false");
    if (type == BPF_PROG_TYPE_UNSPEC) bpf_program__set_type(prog, BPF_PROG_TYPE_SOCKET_FILTER);
    bpf_program__set_autoload(prog, type != BPF_PROG_TYPE_EXT);
    if (type == BPF_PROG_TYPE_TRACING || type == BPF_PROG_TYPE_LSM) {
      bpf_program__set_attach_target(prog, 0, some_target(bpf_program__expected_attach_type(prog)));
    }
  }
  struct bpf_map *map;
  bpf_object__for_each_map(map, object) bpf_map__set_pin_path(map, NULL);
  loading = 1;
  int error = bpf_object__load(object);
  printf("{\"kind\":\"done\",\"error\":%d}\n", error);
  return 0;
}
