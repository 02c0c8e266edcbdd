import Glibc
import SystemPackage

/// Who holds a lock of ours: what the owner file, and so each `.lock` linked to it, says.
///
/// The file is text, for people who look at a lock: a magic line, then one line a field.
public struct OwnerRecord: Sendable, Hashable {
    /// 16 hexadecimal digits, new for each ``LockSpace`` object: everything it leaves behind is named after it.
    public var id: String
    /// An owner has more than one file when it holds more locks than a file can have links.
    public var number: Int
    /// 0 when the record was lost (a power cut) and only the file's name is known.
    public var pid: Int32
    public var host: String
    /// When the process started, in clock ticks since the machine's start: tells a reused pid.
    public var processStart: UInt64
    /// When the file was made, seconds since 1970.
    public var created: Int64

    static let magic: [UInt8] = Array("strata-lock 1\n".utf8)
    static let limit = 1024

    /// The name of the owner file in the directory of the lock space.
    var fileName: String { "owner-\(id)-\(number)" }

    /// The record of this process.
    package init(id: String, number: Int) {
        self.id = id
        self.number = number
        pid = getpid()
        host = hostName()
        processStart = ownStartTime
        created = realtimeNanoseconds() / 1_000_000_000
    }

    /// What the name of an owner file alone tells.
    init?(fileName: String) {
        let parts = fileName.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "owner", OwnerRecord.isID(parts[1]), let number = Int(parts[2]), number >= 0
        else { return nil }
        id = String(parts[1])
        self.number = number
        pid = 0
        host = ""
        processStart = 0
        created = 0
    }

    /// The record in the contents of a file; nil when it is not a file of ours, or garbled.
    package init?(contents: [UInt8]) {
        guard contents.count <= OwnerRecord.limit, contents.starts(with: OwnerRecord.magic) else { return nil }
        var fields: [Substring: Substring] = [:]
        let text = String(decoding: contents.dropFirst(OwnerRecord.magic.count), as: UTF8.self)
        // The last line ends in a newline, or the record is cut.
        guard text.hasSuffix("\n") else { return nil }
        for line in text.split(separator: "\n") {
            guard let space = line.firstIndex(of: " ") else { return nil }
            fields[line[..<space]] = line[line.index(after: space)...]
        }
        guard let id = fields["id"], OwnerRecord.isID(id), let number = fields["number"].flatMap({ Int($0) }),
            number >= 0,
            let pid = fields["pid"].flatMap({ Int32($0) }), let start = fields["started"].flatMap({ UInt64($0) }),
            let created = fields["created"].flatMap({ Int64($0) })
        else { return nil }
        self.id = String(id)
        self.number = number
        self.pid = pid
        host = fields["host"].map(String.init) ?? ""
        processStart = start
        self.created = created
    }

    /// The contents of the owner file.
    package var contents: [UInt8] {
        let lines =
            "id \(id)\nnumber \(number)\npid \(pid)\nhost \(host)\nstarted \(processStart)\ncreated \(created)\n"
        return OwnerRecord.magic + Array(lines.utf8)
    }

    /// Whether the process can be seen to be no more: it was one of this machine, and its pid is nobody's, or another's.
    /// False where that cannot be known. No proof: a child that it forked may keep its locks, and containers share names.
    var processHasGone: Bool {
        guard pid > 0, ownStartTime > 0, !host.isEmpty, host == hostName() else { return false }
        do throws(FileError) {
            guard let bytes = try readFile(FilePath("/proc/\(pid)/stat"), limit: 4096) else { return true }
            guard let now = ProcessStat(bytes) else { return false }
            return now.isZombie || (processStart > 0 && now.start != processStart)
        } catch {
            return error.errno == .noSuchProcess
        }
    }

    static func isID(_ text: some StringProtocol) -> Bool {
        text.utf8.count == 16 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}

/// The name of this machine, without what could break a line of the record.
private func hostName() -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard unsafe gethostname(&buffer, 255) == 0 else { return "" }
    let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }.filter { $0 > 0x20 && $0 != 0x7f }
    return String(decoding: bytes, as: UTF8.self)
}

/// What `/proc/<pid>/stat` tells of a process.
private struct ProcessStat {
    let isZombie: Bool
    /// Field 22.
    let start: UInt64

    /// Fields are counted after the command's name, which may hold anything.
    init?(_ bytes: [UInt8]) {
        guard let end = bytes.lastIndex(of: 0x29) else { return nil }
        let fields = String(decoding: bytes[(end + 1)...], as: UTF8.self).split(separator: " ")
        guard fields.count > 19, let start = UInt64(fields[19]) else { return nil }
        isZombie = fields[0] == "Z" || fields[0] == "X"
        self.start = start
    }
}

/// When this process started; 0 where `/proc` does not tell.
private let ownStartTime: UInt64 = {
    guard let bytes = try? readFile("/proc/self/stat", limit: 4096) else { return 0 }
    return ProcessStat(bytes)?.start ?? 0
}()
