// What bench/linux-maps.ts measures, from C: bpf(2) itself, as libbpf calls it. Opens that one's maps by their numbers; reads the name of
// a case from each line of its input, does it, and prints the nanoseconds of one operation.
#define _GNU_SOURCE
#include <linux/bpf.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define ENTRIES 10000
#define BATCH 4096

static double now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static int bpf(int command, union bpf_attr *attr, unsigned size) { return syscall(__NR_bpf, command, attr, size); }

static int open_map(const char *id) {
	union bpf_attr attr;
	memset(&attr, 0, sizeof attr);
	attr.map_id = atoi(id);
	return bpf(BPF_MAP_GET_FD_BY_ID, &attr, sizeof attr);
}

static __u32 key[2];
static __u64 value[1024];
static __u32 keys[BATCH * 2];
static __u64 values[BATCH * 64];
static volatile __u64 sink;

static double elements(int fd, int command, int count, int trie) {
	union bpf_attr attr;
	memset(&attr, 0, sizeof attr);
	attr.map_fd = fd;
	attr.key = (__u64)key;
	if (command != BPF_MAP_DELETE_ELEM)
		attr.value = (__u64)value;
	key[0] = 32;
	double best = 1e9;
	// What another process left in the caches is gone the second time.
	for (int again = 0; again < 2; again++) {
		double start = now();
		for (int i = 0; i < count; i++) {
			key[trie] = i % ENTRIES;
			value[0] = i;
			bpf(command, &attr, 32);
			sink = value[0];
		}
		double took = (now() - start) / count;
		if (took < best)
			best = took;
	}
	return best;
}

static double fill(int fd, int cpus) {
	union bpf_attr attr;
	double start = now();
	for (int from = 0; from < ENTRIES; from += BATCH) {
		int count = ENTRIES - from < BATCH ? ENTRIES - from : BATCH;
		for (int i = 0; i < count; i++) {
			keys[i] = from + i;
			for (int cpu = 0; cpu < cpus; cpu++)
				values[i * cpus + cpu] = from + i;
		}
		memset(&attr, 0, sizeof attr);
		attr.batch.map_fd = fd;
		attr.batch.keys = (__u64)keys;
		attr.batch.values = (__u64)values;
		attr.batch.count = count;
		bpf(BPF_MAP_UPDATE_BATCH, &attr, 56);
	}
	return (now() - start) / ENTRIES;
}

static double walk(int fd, int command) {
	union bpf_attr attr;
	static __u32 in[2], out[2];
	int total = 0, first = 1, result;
	double start = now();
	do {
		memset(&attr, 0, sizeof attr);
		attr.batch.map_fd = fd;
		attr.batch.in_batch = first ? 0 : (__u64)in;
		attr.batch.out_batch = (__u64)out;
		attr.batch.keys = (__u64)keys;
		attr.batch.values = (__u64)values;
		attr.batch.count = BATCH;
		result = bpf(command, &attr, 56);
		first = 0;
		memcpy(in, out, sizeof in);
		for (unsigned i = 0; i < attr.batch.count; i++)
			sink += values[i] + keys[i];
		total += attr.batch.count;
	} while (result == 0);
	return (now() - start) / total;
}

static double drop(int fd) {
	union bpf_attr attr;
	double start = now();
	for (int from = 0; from < ENTRIES; from += BATCH) {
		int count = ENTRIES - from < BATCH ? ENTRIES - from : BATCH;
		for (int i = 0; i < count; i++)
			keys[i] = from + i;
		memset(&attr, 0, sizeof attr);
		attr.batch.map_fd = fd;
		attr.batch.keys = (__u64)keys;
		attr.batch.count = count;
		bpf(BPF_MAP_DELETE_BATCH, &attr, 56);
	}
	return (now() - start) / ENTRIES;
}

static void *wait(void *nothing) {
	pause();
	return nothing;
}

int main(int argc, char **argv) {
	if (argc < 8)
		return 2;
	int count = atoi(argv[1]), cpus = atoi(argv[2]);
	int hash = open_map(argv[3]), percpu = open_map(argv[4]), trie = open_map(argv[5]), array = open_map(argv[6]);
	int mapped = open_map(argv[7]);
	pthread_t other;
	// The kernel counts who uses a descriptor as soon as a process has a second thread; Node has several.
	if (argc > 8)
		pthread_create(&other, 0, wait, 0);
	volatile __u64 *memory = mmap(0, (ENTRIES * 8 + 4095) / 4096 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, mapped, 0);
	if (hash < 0 || percpu < 0 || trie < 0 || array < 0 || memory == MAP_FAILED)
		return 1;
	char line[64];
	while (fgets(line, sizeof line, stdin)) {
		line[strcspn(line, "\n")] = 0;
		double took = 0;
		if (!strcmp(line, "nothing")) {
			double start = now();
			for (int i = 0; i < count; i++)
				sink = syscall(__NR_getppid, 0, key, 32);
			took = (now() - start) / count;
		} else if (!strcmp(line, "hash lookup"))
			took = elements(hash, BPF_MAP_LOOKUP_ELEM, count, 0);
		else if (!strcmp(line, "hash update"))
			took = elements(hash, BPF_MAP_UPDATE_ELEM, count, 0);
		else if (!strcmp(line, "array lookup"))
			took = elements(array, BPF_MAP_LOOKUP_ELEM, count, 0);
		else if (!strcmp(line, "array update"))
			took = elements(array, BPF_MAP_UPDATE_ELEM, count, 0);
		else if (!strcmp(line, "per-CPU hash lookup"))
			took = elements(percpu, BPF_MAP_LOOKUP_ELEM, count, 0);
		else if (!strcmp(line, "trie lookup"))
			took = elements(trie, BPF_MAP_LOOKUP_ELEM, count, 1);
		else if (!strcmp(line, "trie update"))
			took = elements(trie, BPF_MAP_UPDATE_ELEM, count, 1);
		else if (!strcmp(line, "hash batch lookup"))
			took = walk(hash, BPF_MAP_LOOKUP_BATCH);
		else if (!strcmp(line, "hash batch update"))
			took = fill(hash, 1);
		else if (!strcmp(line, "hash batch delete")) {
			took = drop(hash);
			fill(hash, 1);
		} else if (!strcmp(line, "hash batch take")) {
			took = walk(hash, BPF_MAP_LOOKUP_AND_DELETE_BATCH);
			fill(hash, 1);
		} else if (!strcmp(line, "per-CPU hash batch lookup"))
			took = walk(percpu, BPF_MAP_LOOKUP_BATCH);
		else if (!strcmp(line, "per-CPU hash batch update"))
			took = fill(percpu, cpus);
		else if (!strcmp(line, "array batch lookup"))
			took = walk(array, BPF_MAP_LOOKUP_BATCH);
		else if (!strcmp(line, "trie batch lookup"))
			took = walk(trie, BPF_MAP_LOOKUP_BATCH);
		else if (!strcmp(line, "mapped read")) {
			double start = now();
			for (int i = 0; i < count; i++)
				sink += memory[i % ENTRIES];
			took = (now() - start) / count;
		}
		printf("%f\n", took);
		fflush(stdout);
	}
	return 0;
}
