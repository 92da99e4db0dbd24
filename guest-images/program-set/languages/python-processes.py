#!/usr/bin/python3
"""Threads, subprocesses, multiprocessing with fork, asyncio; sqlite3, json, hashlib."""
# freezes: 3
# overlay: it makes sockets
import asyncio, collections, concurrent.futures, fcntl, hashlib, json, mmap, multiprocessing, os, pickle, queue, select, signal
import socket, sqlite3, struct, subprocess, sys, tempfile, threading, time, zlib

print('== threads')
results, lock = [], threading.Lock()


def work(n):
    total = sum(i * i for i in range(n * 1000))
    with lock:
        results.append((n, total))


threads = [threading.Thread(target=work, args=(n,)) for n in range(1, 7)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print(sorted(results))
jobs, done = queue.Queue(), queue.Queue()


def consumer():
    while (item := jobs.get()) is not None:
        done.put(item**2)


pool = [threading.Thread(target=consumer) for _ in range(3)]
for t in pool:
    t.start()
for i in range(50):
    jobs.put(i)
for _ in pool:
    jobs.put(None)
for t in pool:
    t.join()
print(sum(done.get() for _ in range(50)))
barrier, order = threading.Barrier(3), []


def meet(n):
    barrier.wait()
    with lock:
        order.append(n)


pool = [threading.Thread(target=meet, args=(n,)) for n in range(3)]
for t in pool:
    t.start()
for t in pool:
    t.join()
print(sorted(order))
event, local = threading.Event(), threading.local()
timer = threading.Timer(0.05, event.set)
timer.start()
print(event.wait(30))
timer.join()
with concurrent.futures.ThreadPoolExecutor(4) as executor:
    print(list(executor.map(lambda x: x + 1, range(8))))

print('== subprocess')
print(subprocess.run(['tr', 'a-z', 'A-Z'], input='shout', capture_output=True, text=True))
print(subprocess.check_output('echo one; echo two >&2', shell=True, stderr=subprocess.STDOUT))
print(subprocess.run(['false']).returncode, subprocess.call(['sh', '-c', 'kill -TERM $$']))
try:
    subprocess.run(['sleep', '30'], timeout=0.2)
except subprocess.TimeoutExpired as error:
    print(error.cmd, error.output)
try:
    subprocess.Popen(['/nonexistent'])
except FileNotFoundError as error:
    print(error)
first = subprocess.Popen(['seq', '1000'], stdout=subprocess.PIPE)
second = subprocess.Popen(['wc', '-l'], stdin=first.stdout, stdout=subprocess.PIPE)
first.stdout.close()
print(second.communicate(), first.wait())
print(subprocess.run(['env'], env={'ONLY': 'this'}, capture_output=True, cwd='/').stdout)
print(
    subprocess.run(
        [sys.executable, '-c', 'import sys; sys.exit(sys.stdin.read().count("a"))'], input=b'banana'
    ).returncode
)
with subprocess.Popen(['cat'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as cat:
    for i in range(5):
        cat.stdin.write(f'line {i}\n')
        cat.stdin.flush()
        print(cat.stdout.readline(), end='')

print('== fork and signals')
read, write = os.pipe()
if os.fork() == 0:
    os.write(write, b'from the child')
    os._exit(5)
print(os.read(read, 100), os.waitstatus_to_exitcode(os.wait()[1]))
caught = []
signal.signal(signal.SIGUSR1, lambda number, frame: caught.append(signal.Signals(number).name))
os.kill(os.getpid(), signal.SIGUSR1)
print(caught)
signal.signal(signal.SIGALRM, lambda *_: caught.append('alarm'))
signal.setitimer(signal.ITIMER_REAL, 0.05)
signal.pause()
print(caught)
print(
    os.spawnlp(os.P_WAIT, 'sh', 'sh', '-c', 'exit 9'), os.system('exit 4') >> 8, os.popen('echo popen').read()
)
pid = os.posix_spawn('/bin/sh', ['sh', '-c', 'exit 6'], {})
print(os.waitpid(pid, 0)[1] >> 8)

print('== multiprocessing')
context = multiprocessing.get_context('fork')


def square(x):
    return x * x


def counter(value, lock):
    for _ in range(100):
        with lock:
            value.value += 1


def echo(connection):
    while (message := connection.recv()) != 'stop':
        connection.send(message * 2)


if True:
    with context.Pool(3) as pool:
        print(pool.map(square, range(20)), pool.apply_async(square, (12,)).get(120))
    value, mutex = context.Value('i', 0), context.Lock()
    processes = [context.Process(target=counter, args=(value, mutex)) for _ in range(4)]
    for p in processes:
        p.start()
    for p in processes:
        p.join()
    print(value.value, [p.exitcode for p in processes])
    here, there = context.Pipe()
    child = context.Process(target=echo, args=(there,))
    child.start()
    for message in (21, 'ab', [1, 2]):
        here.send(message)
        print(here.recv())
    here.send('stop')
    child.join()
    q = context.Queue()
    p = context.Process(target=lambda: [q.put(i) for i in range(10)])
    p.start()
    print([q.get() for _ in range(10)])
    p.join()
    with context.Manager() as manager:
        shared = manager.dict()
        p = context.Process(target=lambda: shared.update(a=1))
        p.start()
        p.join()
        print(dict(shared))
    from multiprocessing import shared_memory

    block = shared_memory.SharedMemory(create=True, size=100)
    p = context.Process(target=lambda: block.buf.__setitem__(0, 77))
    p.start()
    p.join()
    print(block.buf[0])
    block.close()
    block.unlink()
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as executor:
        print(list(executor.map(square, range(5))))

print('== asyncio and sockets')


async def serve():
    async def handle(reader, writer):
        writer.write((await reader.readline()).upper())
        await writer.drain()
        writer.close()

    server = await asyncio.start_unix_server(handle, '/tmp/socket')
    async with server:

        async def ask(text):
            reader, writer = await asyncio.open_unix_connection('/tmp/socket')
            writer.write(text)
            answer = await reader.read()
            writer.close()
            return answer

        print(await asyncio.gather(*(ask(b'message %d\n' % i) for i in range(4))))
    process = await asyncio.create_subprocess_exec(
        'sh', '-c', 'echo async; exit 3', stdout=asyncio.subprocess.PIPE
    )
    print((await process.communicate())[0], process.returncode)
    try:
        await asyncio.wait_for(asyncio.sleep(30), 0.05)
    except asyncio.TimeoutError:
        print('timed out')


asyncio.run(serve())
a, b = socket.socketpair()
a.sendall(b'x' * 10)
print(b.recv(100))
socket.send_fds(a, [b'fd'], [1])
print(socket.recv_fds(b, 10, 1)[0])
poll = select.epoll()
poll.register(b, select.EPOLLIN)
a.send(b'!')
print(poll.poll(1)[0][1])

print('== sqlite3, json, hashlib, zlib')
db = sqlite3.connect('/work/test.db')
db.execute('create table t(a integer primary key, b text, c real)')
with db:
    db.executemany('insert into t(b, c) values (?, ?)', ((f'row {i}', i / 7) for i in range(3000)))
print(db.execute('select count(*), round(sum(c), 3), max(b) from t where a % 3 = 0').fetchone())
try:
    with db:
        db.execute('delete from t')
        raise KeyError
except KeyError:
    print(db.execute('select count(*) from t').fetchone())
db.create_function('twice', 1, lambda x: x * 2)
print(
    db.execute('select twice(21)').fetchone(),
    db.execute("select json_extract('{\"a\":[1,2]}', '$.a[1]')").fetchone(),
)
db.close()
data = {'list': [1, 2.5, None, True], 'text': 'é\n"', 'nested': {'a': {}}}
print(
    json.dumps(data, sort_keys=True),
    json.loads(json.dumps(data)) == data,
    json.dumps(data, indent=1, ensure_ascii=False)[:30],
)
for name in sorted({'md5', 'sha1', 'sha256', 'sha512', 'sha3_256', 'blake2b', 'blake2s'}):
    print(name, hashlib.new(name, b'x' * 100000).hexdigest()[:32])
print(
    hashlib.pbkdf2_hmac('sha256', b'p', b's', 1000).hex()[:16],
    zlib.crc32(b'hello'),
    len(zlib.compress(b'a' * 100000)),
    pickle.loads(pickle.dumps(data)) == data,
    struct.pack('>IhB', 1, -2, 3),
)
with open('/work/mapped', 'wb') as f:
    f.write(b'0123456789')
with open('/work/mapped', 'r+b') as f, mmap.mmap(f.fileno(), 0) as m:
    m[2:4] = b'XY'
    print(m[:], m.find(b'6'))
print(open('/work/mapped').read(), collections.Counter('mississippi').most_common(2), sys.getrecursionlimit())
sys.exit(11)
