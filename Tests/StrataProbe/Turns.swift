import Glibc
import StrataIO
import SystemPackage

/// turns <lock> <witness> <number> <times>: takes a shared lock again and again, and adds 1 to the number meanwhile. The witness tells who is inside: one who
/// is still there must be one who dies. 0 times = takes the lock, says so, and waits for the end of its input.
func takeTurns(_ arguments: [String]) throws -> Int32 {
    let record = OwnerRecord(id: randomHex(), number: 0)
    let lock = try SharedLock(FilePath(arguments[0]), sharing: .umask, record: record)
    let witness = try FileDescriptor.open(FilePath(arguments[1]), .readWrite)
    let file = try FileDescriptor.open(FilePath(arguments[2]), .readWrite)
    let times = Int(arguments[3]) ?? 0
    if times == 0 {
        while try !lock.take() { sched_yield() }
        say("inside \(getpid())")
        while readLine() != nil {}
        return 0
    }
    for turn in 1...times {
        while try !lock.take() { sched_yield() }
        guard isLeft(by: number(in: witness)) else {
            say("somebody else is inside")
            return 1
        }
        write(UInt64(getpid()), to: witness)
        let before = number(in: file)
        sched_yield()
        write(before + 1, to: file)
        write(0, to: witness)
        lock.letGo()
        if turn % 64 == 0 { say("\(turn)") }
    }
    return 0
}

private func number(in file: FileDescriptor) -> UInt64 {
    var number: UInt64 = 0
    return unsafe pread(file.rawValue, &number, 8, 0) == 8 ? number : 0
}

private func write(_ number: UInt64, to file: FileDescriptor) {
    var number = number
    _ = unsafe pwrite(file.rawValue, &number, 8, 0)
}

/// Whether the process has gone, or goes within a second: the kernel lets its locks go a little earlier.
private func isLeft(by pid: UInt64) -> Bool {
    for _ in 0..<1000 {
        guard pid != 0, let stat = try? readFile(FilePath("/proc/\(pid)/stat"), limit: 4096),
            let end = stat.lastIndex(of: UInt8(ascii: ")")), end + 2 < stat.count, stat[end + 2] != UInt8(ascii: "Z")
        else { return true }
        usleep(1000)
    }
    return false
}
