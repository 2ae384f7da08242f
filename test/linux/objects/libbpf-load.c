// SPDX-License-Identifier: Apache-2.0
// What does libbpf make of an object on this kernel? Loads it as a whole (program ""), then each of its programs for itself, attaches nothing, and
// prints a JSON object a line: {"object", "program", "error", "stage", "last"}. `error` is 0 or an errno; `stage` says who refused: "open" or "loader" (libbpf, or the kernel
// about a map or the types), or "verifier"; `last` is the verifier's last word.
//
//   cc -O1 -o libbpf-load libbpf-load.c -lbpf && ./libbpf-load OBJECT…
//
// Without objects: the version of libbpf.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOG_SIZE = 512 << 20 };
static char *log_buffer;
static char said[512];

// The last warning is the nearest to a reason.
static int remember(enum libbpf_print_level level, const char *format, va_list args) {
  if (level == LIBBPF_WARN) {
    char line[512];
    vsnprintf(line, sizeof(line), format, args);
    // What it says afterwards is no reason.
    if (strstr(line, "failed to load") == NULL && strstr(line, "-- BEGIN PROG LOAD LOG --") == NULL) memcpy(said, line, sizeof(said));
  }
  return 0;
}

static void put_text(const char *text, size_t length) {
  putchar('"');
  for (size_t i = 0; i < length; i++) {
    unsigned char c = text[i];
    if (c == '"' || c == '\\') printf("\\%c", c);
    else if (c < 0x20 || c > 0x7e) printf("\\u%04x", c);
    else putchar(c);
  }
  putchar('"');
}

static void answer(const char *object, const char *program, int error, const char *stage, const char *last, size_t length) {
  printf("{\"object\":");
  put_text(object, strlen(object));
  printf(",\"program\":");
  put_text(program, strlen(program));
  printf(",\"error\":%d,\"stage\":\"%s\",\"last\":", error, stage);
  put_text(last, length);
  printf("}\n");
  fflush(stdout);
}

// The last line that is no statistics; empty when there is none.
static const char *last_line(size_t *length) {
  static const char *const statistics[] = {"processed ", "verification time ", "stack depth ", "-- END PROG LOAD LOG --"};
  char *end = log_buffer + strlen(log_buffer);
  for (;;) {
    while (end > log_buffer && end[-1] == '\n') end--;
    char *begin = end;
    while (begin > log_buffer && begin[-1] != '\n') begin--;
    int counts = 0;
    for (size_t i = 0; i < sizeof(statistics) / sizeof(*statistics); i++) counts |= strncmp(begin, statistics[i], strlen(statistics[i])) == 0;
    *length = counts ? 0 : end - begin;
    if (!counts || begin == log_buffer) return begin;
    end = begin;
  }
}

static struct bpf_object *open_object(const char *path) {
  said[0] = 0;
  return bpf_object__open_file(path, NULL);
}

// Empty: as the object says.
static void load_one(const char *path, const char *name) {
  struct bpf_object *object = open_object(path);
  if (object == NULL) return answer(path, name, errno, "open", said, strlen(said));
  struct bpf_program *program;
  bpf_object__for_each_program(program, object) {
    if (*name != 0) bpf_program__set_autoload(program, strcmp(bpf_program__name(program), name) == 0);
    bpf_program__set_log_buf(program, log_buffer, LOG_SIZE);
  }
  log_buffer[0] = 0;
  int result = bpf_object__load(object);
  size_t length = strlen(said);
  const char *last = said;
  const char *stage = result == 0 ? "loaded" : "loader";
  size_t words = 0;
  const char *line = last_line(&words);
  if (result != 0 && words != 0) {
    stage = "verifier";
    last = line;
    length = words;
  }
  answer(path, name, -result, stage, result == 0 ? "" : last, result == 0 ? 0 : length);
  bpf_object__close(object);
}

int main(int argc, char **argv) {
  if (argc == 1) {
    printf("%s\n", libbpf_version_string());
    return 0;
  }
  log_buffer = calloc(1, LOG_SIZE);
  libbpf_set_print(remember);
  libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
  for (int i = 1; i < argc; i++) {
    struct bpf_object *object = open_object(argv[i]);
    if (object == NULL) {
      answer(argv[i], "", errno, "open", said, strlen(said));
      continue;
    }
    size_t count = 0;
    struct bpf_program *program;
    bpf_object__for_each_program(program, object) count++;
    char **names = calloc(count + 1, sizeof(*names));
    size_t at = 0;
    bpf_object__for_each_program(program, object) names[at++] = strdup(bpf_program__name(program));
    bpf_object__close(object);
    load_one(argv[i], "");
    for (at = 0; at < count; at++) load_one(argv[i], names[at]);
  }
  return 0;
}
