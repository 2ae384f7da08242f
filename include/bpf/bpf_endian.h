/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers between the network's byte order and the machine's. With a constant they are constants, also in initialisers and `case`. */
#ifndef __BPF_ENDIAN__
#define __BPF_ENDIAN__

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ___bpf_big16(x) __builtin_bswap16(x)
#define ___bpf_big32(x) __builtin_bswap32(x)
#define ___bpf_big64(x) __builtin_bswap64(x)
#define ___bpf_little16(x) ((unsigned short)(x))
#define ___bpf_little32(x) ((unsigned int)(x))
#define ___bpf_little64(x) ((unsigned long long)(x))
#else
#define ___bpf_big16(x) ((unsigned short)(x))
#define ___bpf_big32(x) ((unsigned int)(x))
#define ___bpf_big64(x) ((unsigned long long)(x))
#define ___bpf_little16(x) __builtin_bswap16(x)
#define ___bpf_little32(x) __builtin_bswap32(x)
#define ___bpf_little64(x) __builtin_bswap64(x)
#endif

#define bpf_htons(x) ___bpf_big16(x)
#define bpf_ntohs(x) ___bpf_big16(x)
#define bpf_htonl(x) ___bpf_big32(x)
#define bpf_ntohl(x) ___bpf_big32(x)
#define bpf_cpu_to_be16(x) ___bpf_big16(x)
#define bpf_be16_to_cpu(x) ___bpf_big16(x)
#define bpf_cpu_to_be32(x) ___bpf_big32(x)
#define bpf_be32_to_cpu(x) ___bpf_big32(x)
#define bpf_cpu_to_be64(x) ___bpf_big64(x)
#define bpf_be64_to_cpu(x) ___bpf_big64(x)
#define bpf_cpu_to_le16(x) ___bpf_little16(x)
#define bpf_le16_to_cpu(x) ___bpf_little16(x)
#define bpf_cpu_to_le32(x) ___bpf_little32(x)
#define bpf_le32_to_cpu(x) ___bpf_little32(x)
#define bpf_cpu_to_le64(x) ___bpf_little64(x)
#define bpf_le64_to_cpu(x) ___bpf_little64(x)

#endif /* __BPF_ENDIAN__ */
