/*
 * For bench/events-kernel.ts: what makes events, and what reads them with libbpf.
 *
 *   write COUNT PAUSE            waits for a byte, calls getppid(2) COUNT times with PAUSE microseconds between them, prints its nanoseconds
 *   poll OBJECT COUNT            reads them with ring_buffer__poll while a child makes them
 *   drain OBJECT COUNT ROUNDS    reads with ring_buffer__consume what a child made before, ROUNDS times: the nanoseconds are those of the quickest
 *   wake OBJECT COUNT PAUSE      the same as poll; prints how long each took from the program to the callback
 *   idle OBJECT SECONDS          waits, and nothing comes
 *
 * Readers print JSON: records, lost, missing (numbers that do not follow each other), nanoseconds, and CPU nanoseconds of the reader.
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct event { uint64_t time, number; uint32_t pid, kind; uint64_t from, size; int32_t result; uint32_t flags; char comm[16]; };
struct variables { uint32_t target, call; uint64_t written, lost; };

static uint64_t now(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec * 1000000000ull + time.tv_nsec;
}

static void write_events(long count, long pause) {
  for (long i = 0; i < count; i++) {
    syscall(SYS_getppid);
    if (pause > 0) usleep(pause);
  }
}

static uint64_t records, missing, last;
static uint32_t *waits;

static int on_event(void *context, void *data, size_t size) {
  struct event *event = data;
  if (waits) waits[records] = now(CLOCK_MONOTONIC) - event->time;
  records++;
  missing += event->number - last - 1;
  last = event->number;
  return 0;
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  const char *mode = argv[1];
  if (!strcmp(mode, "write")) {
    char go;
    if (read(0, &go, 1) != 1) return 1;
    uint64_t start = now(CLOCK_MONOTONIC);
    write_events(atol(argv[2]), atol(argv[3]));
    printf("%lu\n", now(CLOCK_MONOTONIC) - start);
    return 0;
  }
  long count = atol(argv[3]);
  long pause = argc > 4 ? atol(argv[4]) : 0;
  struct bpf_object *object = bpf_object__open_file(argv[2], NULL);
  if (!object || bpf_object__load(object)) return 1;
  struct bpf_program *program = bpf_object__find_program_by_name(object, "entered");
  struct bpf_map *bss = NULL, *map;
  bpf_object__for_each_map(map, object) if (strstr(bpf_map__name(map), ".bss")) bss = map;
  struct variables *variables = bss ? mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(bss), 0) : MAP_FAILED;
  struct ring_buffer *ring = ring_buffer__new(bpf_object__find_map_fd_by_name(object, "events"), on_event, NULL, NULL);
  struct bpf_link *link = bpf_program__attach(program);
  if (variables == MAP_FAILED || !ring || !link) return 1;
  if (!strcmp(mode, "idle")) {
    uint64_t end = now(CLOCK_MONOTONIC) + count * 1000000000ull, cpu = now(CLOCK_PROCESS_CPUTIME_ID);
    while (now(CLOCK_MONOTONIC) < end) ring_buffer__poll(ring, 1000);
    printf("{\"cpu\":%lu}\n", now(CLOCK_PROCESS_CPUTIME_ID) - cpu);
    return 0;
  }
  if (!strcmp(mode, "wake")) waits = calloc(count, sizeof *waits);
  uint64_t took = UINT64_MAX, used = 0;
  long rounds = !strcmp(mode, "drain") ? pause : 1;
  for (long round = 0; round < rounds; round++) {
    int go[2];
    if (pipe(go)) return 1;
    pid_t child = fork();
    if (child == 0) {
      char byte;
      if (read(go[0], &byte, 1) != 1) _exit(1);
      write_events(count, rounds > 1 ? 0 : pause);
      _exit(0);
    }
    variables->target = child;
    variables->call = SYS_getppid;
    uint64_t start = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID);
    if (write(go[1], "x", 1) != 1) return 1;
    if (rounds > 1) {
      waitpid(child, NULL, 0);
      records = 0;
      start = now(CLOCK_MONOTONIC);
      cpu = now(CLOCK_PROCESS_CPUTIME_ID);
      ring_buffer__consume(ring);
    } else {
      int alive = 1;
      while (alive || records + variables->lost < (uint64_t)count) {
        if (ring_buffer__poll(ring, 20) < 0) return 1;
        if (alive && waitpid(child, NULL, WNOHANG) == child) alive = 0;
      }
    }
    uint64_t this = now(CLOCK_MONOTONIC) - start;
    if (this < took) {
      took = this;
      used = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    }
    close(go[0]);
    close(go[1]);
  }
  printf("{\"records\":%lu,\"lost\":%lu,\"missing\":%lu,\"nanoseconds\":%lu,\"cpu\":%lu,\"waits\":[", records, variables->lost, missing, took, used);
  if (waits) for (uint64_t i = 0; i < records; i++) printf("%s%u", i ? "," : "", waits[i]);
  printf("]}\n");
  return 0;
}
