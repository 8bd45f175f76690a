"""A long link between two network namespaces: delay, loss, rate and a bounded queue, packet by packet.

Both kernels' own TCP reacts to it. For kernels without netem; Linux, root.
usage: link.py NAMESPACE_A NAMESPACE_B DELAY_MS LOSS_PERCENT RATE_MBIT
The delay is one way; loss and rate apply in each direction. Prints "up" when packets can pass.
"""
import collections, fcntl, os, random, struct, subprocess, sys, threading, time

QUEUE_BYTES = 1_500_000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000


def tun(name):
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    return device


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def pump(source, target, delay, loss, rate, seed):
    queue, ready, chance = collections.deque(), threading.Semaphore(0), random.Random(seed)

    def deliver():
        while True:
            ready.acquire()
            due, packet = queue.popleft()
            wait = due - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            os.write(target, packet)

    threading.Thread(target=deliver, daemon=True).start()
    free_at = time.monotonic()
    while True:
        packet = os.read(source, 65536)
        now = time.monotonic()
        if chance.random() < loss:
            continue
        free_at = max(free_at, now)
        if (free_at - now) * rate > QUEUE_BYTES:
            continue
        free_at += len(packet) / rate
        queue.append((free_at + delay, packet))
        ready.release()


names, (delay, loss, rate) = sys.argv[1:3], map(float, sys.argv[3:6])
devices = ["cnlinka", "cnlinkb"]
ends = [tun(device) for device in devices]
for name, device, address, peer in [(names[0], devices[0], "10.77.0.1", "10.77.0.2"), (names[1], devices[1], "10.77.0.2", "10.77.0.1")]:
    ip("link", "set", device, "netns", name)
    ip("-n", name, "addr", "add", address, "peer", peer, "dev", device)
    ip("-n", name, "link", "set", device, "mtu", "1500", "txqueuelen", "5000", "up")
arguments = (delay / 1e3, loss / 100, rate * 125_000)
threads = [threading.Thread(target=pump, args=(ends[i], ends[1 - i], *arguments, 1 + i), daemon=True) for i in (0, 1)]
for thread in threads:
    thread.start()
print("up", flush=True)
sys.stdin.read()
