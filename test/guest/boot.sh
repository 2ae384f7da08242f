#!/bin/bash
# Boots a kernel of a Debian package under QEMU (software emulation), with this machine's root file system inside, read-only, and runs
# a script of this machine's there. Writes inside the guest are lost: print results.
#   boot.sh UNPACKED_KERNEL_PACKAGE SCRIPT [MEGABYTES]     prints the guest's console; the last line is GUEST-EXIT <status>
# Needs qemu-system-x86 (which brings virtiofsd), busybox-static, cpio.
set -euo pipefail
package=$1 script=$2 megabytes=${3:-2048}
work=$(mktemp -d)
# Also when we are ended ourselves: whoever waits for a guest gives it up after some time.
trap 'kill $(cat "$work"/*.pid 2>/dev/null) 2>/dev/null || true; rm -rf "$work"' EXIT
trap 'exit 143' TERM INT HUP

# The first file system: busybox, the modules that reach the machine's root through virtiofs, and what mounts it.
version=$(basename "$package"/lib/modules/*)
root=$work/root; mkdir -p "$root"/{bin,proc,sys,dev,lower,upper,new,modules}
cp /bin/busybox "$root/bin/"; ln -s busybox "$root/bin/sh"
for module in virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci fuse virtiofs overlay; do
  file=$(find "$package/lib/modules/$version" -name "$module.ko*" | head -1)
  [[ -n $file ]] || continue # built in
  if [[ $file == *.xz ]]; then xz -dc "$file" >"$root/modules/$module.ko"; else cp "$file" "$root/modules/$module.ko"; fi
  echo "$module" >>"$root/modules/order"
done
cat >"$root/init" <<'INIT'
#!/bin/sh
busybox mount -t proc proc /proc; busybox mount -t sysfs sys /sys; busybox mount -t devtmpfs dev /dev
for module in $(busybox cat /modules/order 2>/dev/null); do busybox insmod /modules/$module.ko; done
busybox mount -t virtiofs -o ro root /lower
busybox mount -t tmpfs upper /upper; busybox mkdir /upper/data /upper/work
busybox mount -t overlay -o lowerdir=/lower,upperdir=/upper/data,workdir=/upper/work overlay /new || busybox mount --bind /lower /new
for folder in proc sys dev; do busybox mount --move /$folder /new/$folder; done
busybox mount -t tmpfs run /new/run
busybox mount -t bpf bpf /new/sys/fs/bpf; busybox mount -t tracefs tracefs /new/sys/kernel/tracing
run=$(busybox grep -oE 'run=[^ ]+' /new/proc/cmdline); run=${run#run=}
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb
busybox chroot /new /bin/bash "$run"; echo "GUEST-EXIT $?"
busybox poweroff -f
INIT
chmod +x "$root/init"
(cd "$root" && find . | cpio -o -H newc --quiet) | gzip -1 >"$work/initramfs"

socket=$work/fs.sock
/usr/lib/qemu/virtiofsd --socket-path="$socket" -o source=/ -o sandbox=chroot -o cache=always -o no_writeback >"$work/fs.log" 2>&1 &
echo $! >"$work/fs.pid"
for _ in $(seq 100); do [[ -S $socket ]] && break; sleep 0.05; done
qemu-system-x86_64 -accel tcg,thread=multi -cpu max -M q35 -m "$megabytes" -smp 1 -nodefaults -no-user-config -display none -serial stdio -no-reboot \
  -object memory-backend-memfd,id=memory,size="${megabytes}M",share=on -numa node,memdev=memory \
  -chardev socket,id=root,path="$socket" -device vhost-user-fs-pci,chardev=root,tag=root \
  -kernel "$package/boot/vmlinuz-$version" -initrd "$work/initramfs" \
  -append "console=ttyS0 quiet panic=-1 lsm=lockdown,capability,landlock,bpf mitigations=off tsc=reliable run=$script" </dev/null &
echo $! >"$work/machine.pid"
wait $!
