import Glibc
import StrataIO
import SystemPackage

// A process for the tests of StrataIO: does one thing with locks, mappings or faults, says so, and may be killed.

let arguments = Array(CommandLine.arguments.dropFirst())
exit(probe(arguments))

/// Prints a line at once, so that the test can wait for it.
func say(_ text: String) {
    print(text)
    fflush(nil)
}

func probe(_ arguments: [String]) -> Int32 {
    guard let verb = arguments.first else { return 64 }
    let rest = Array(arguments.dropFirst())
    do {
        switch (verb, rest.count) {
        case ("hold", 2...):
            // hold <space> <file>…: takes the locks, stages a value in each, waits for the end of its input.
            let space = LockSpace(directory: FilePath(rest[0]))
            let locks = try rest.dropFirst().map { try space.acquire(FilePath($0), until: .now) }
            for lock in locks { try lock.stage(Array("staged\n".utf8)) }
            say("held \(getpid())")
            while readLine() != nil {}
            withExtendedLifetime(locks) {}
        case ("acquire", 3):
            // acquire <space> <file> <milliseconds>
            do throws(LockError) {
                let space = LockSpace(directory: FilePath(rest[0]))
                let lock = try space.acquire(FilePath(rest[1]), until: .after(milliseconds: Int(rest[2]) ?? 0))
                lock.release()
                say("acquired")
            } catch {
                say("\(error)")
                return 1
            }
        case ("count", 3):
            // count <space> <file> <times>: adds 1 to the number in the file under its lock, again and again.
            let space = LockSpace(directory: FilePath(rest[0]))
            for _ in 0..<(Int(rest[2]) ?? 0) { try addOne(space, FilePath(rest[1])) }
        case ("turns", 4): return try takeTurns(rest)
        case ("die", 3):
            // die <space> <file> <hook…>: takes the lock, starts a program that outlives it, and is killed.
            let space = LockSpace(directory: FilePath(rest[0]))
            let lock = try space.acquire(FilePath(rest[1]), until: .now)
            say("child \(startProgram(rest[2]))")
            kill(getpid(), SIGKILL)
            withExtendedLifetime(lock) {}
        case ("leave", 3...):
            // leave <space> <file> <held file…>: ends by exit with a space that lives, some of its locks held.
            let space = LockSpace(directory: FilePath(rest[0]))
            try space.acquire(FilePath(rest[1]), until: .now).release()
            for file in rest.dropFirst(2) where !file.isEmpty {
                _ = try unsafe Unmanaged.passRetained(space.acquire(FilePath(file), until: .now))
            }
            _ = unsafe Unmanaged.passRetained(space)
        case ("bus", 2): return try fault(rest[0], FilePath(rest[1]))
        case ("replace", 3):
            // replace <file> <n> before|after: replaces the contents and is stopped at the n-th change.
            let action: DiskFaults.Action = rest[2] == "before" ? .stopBefore : .stopAfter
            let session = DiskFaults.install(.init(at: Int(rest[1]) ?? 0, action))
            try Disk.replace(FilePath(rest[0]), with: Array("the new contents\n".utf8), durability: .full)
            session.remove()
        case ("commit", 4):
            // commit <space> <file> <n> before|after: changes the file under its lock and is stopped.
            let action: DiskFaults.Action = rest[3] == "before" ? .stopBefore : .stopAfter
            let session = DiskFaults.install(.init(at: Int(rest[2]) ?? 0, action))
            let space = LockSpace(directory: FilePath(rest[0]))
            let lock = try space.acquire(FilePath(rest[1]), until: .now)
            try lock.stage(Array("the new contents\n".utf8), durability: .full)
            try lock.commit()
            space.close()
            session.remove()
        case ("crash", 0): serveCrashes()
        case ("snapshots", 3): return try holdSnapshots(rest)
        case ("use", 3...): return try useDatabase(rest)
        case ("damaged", 0): serveDamagedDatabases()
        case ("databases", 0): serveDatabaseFaults()
        case ("record", 5...): return try recordDatabase(rest)
        case ("database", 2): return try writeDatabase(rest)
        case ("own", 3): try writeOwn(FilePath(rest[0]), stopAt: Int(rest[1]) ?? 0, isAfter: rest[2] == "after")
        case ("receive", 4): try receive(rest)
        case ("follow", 1): try follow(FilePath(rest[0]))
        case ("migrate", 3): try migrate(to: rest[0], FilePath(rest[1]), stopAfter: Int(rest[2]) ?? 0)
        case ("unreadable", 3...): return try readBesideFaults(rest)
        default: return 64
        }
        return 0
    } catch {
        say("failed: \(error)")
        return 1
    }
}

func addOne(_ space: LockSpace, _ file: FilePath) throws {
    let lock = try space.acquire(file, until: .after(milliseconds: 30_000))
    let old = try readFile(file) ?? Array("0".utf8)
    try lock.stage(Array("\((Int(String(decoding: old, as: UTF8.self)) ?? 0) + 1)".utf8))
    try lock.commit()
}

/// Starts `sleep` or the like without waiting for it; its pid.
func startProgram(_ command: String) -> pid_t {
    var pid: pid_t = 0
    let words = ["/bin/sh", "-c", command]
    var argv = unsafe words.map { unsafe strdup($0) }
    unsafe argv.append(nil)
    unsafe posix_spawn(&pid, words[0], nil, nil, argv, environ)
    return pid
}

/// bus chained|default|inside <file>: touches memory behind the end of a mapped file.
func fault(_ kind: String, _ file: FilePath) throws -> Int32 {
    if kind == "chained" {
        // A handler of the program's own, there before ours.
        signal(SIGBUS) { _ in _exit(42) }
    }
    guard let mapped = try MappedFile(file, mode: .map) else { return 2 }
    if kind == "inside" {
        try Disk.truncate(file, to: 0)
        let byte = unsafe mapped.base.load(fromByteOffset: 0, as: UInt8.self)
        say("byte \(byte) poisoned \(mapped.isPoisoned)")
        return 0
    }
    // A mapping that is not registered.
    let fd = try Disk.create(FilePath("\(file).other"), exclusive: false, readable: true)
    try Disk.truncate(fd, to: 8192, at: file)
    let other = unsafe mmap(nil, 8192, PROT_READ, MAP_PRIVATE, fd.rawValue, 0)
    try Disk.truncate(fd, to: 0, at: file)
    guard let other = unsafe other, unsafe other != MAP_FAILED else { return 3 }
    if kind == "sent" { kill(getpid(), SIGBUS) }
    let byte = unsafe other.load(fromByteOffset: 4096, as: UInt8.self)
    say("survived \(byte) \(mapped.count)")
    return 0
}
