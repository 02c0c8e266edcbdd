import Glibc
public import SystemPackage

/// Who stands in the way of a lock, as far as that can be told.
public enum LockHolder: Sendable, Hashable, CustomStringConvertible {
    /// A process through this library.
    case strata(OwnerRecord)
    /// Git, or anyone else who makes a `.lock`. The pid is known with `core.lockfilePid`.
    case other(pid: Int32?)

    public var description: String {
        switch self {
        case .strata(let owner): "process \(owner.pid) on \(owner.host)"
        case .other(let pid?): "process \(pid)"
        case .other(nil): "an unknown process"
        }
    }
}

/// Why a lock was not taken.
public indirect enum LockError: Error, Sendable {
    /// The deadline passed. `path` is the file that was to be locked.
    case busy(path: FilePath, holder: LockHolder)
    /// A system call failed.
    case file(path: FilePath, FileError)
    /// The lock's owner is dead, and what it left unfinished could not be finished. Its locks stay.
    case notRecovered(path: FilePath, owner: OwnerRecord, any Error)

    /// The file that was to be locked.
    public var path: FilePath {
        switch self {
        case .busy(let path, _), .file(let path, _), .notRecovered(let path, _, _): path
        }
    }

    /// Who holds the lock, when that is why it was not taken.
    public var holder: LockHolder? {
        if case .busy(_, let holder) = self { return holder }
        return nil
    }

    /// The reason as an error number: `EEXIST` when the lock is held, as for git.
    public var errno: Errno {
        switch self {
        case .busy, .notRecovered: .fileExists
        case .file(_, let error): error.errno
        }
    }
}

extension LockError: CustomStringConvertible {
    /// In git's words: `Unable to create '/repo/.git/HEAD.lock': File exists.`, other reasons without a full stop.
    public var description: String {
        let name = path.isAbsolute ? path : FilePath(workingDirectory()).pushing(path)
        let text = "Unable to create '\(name.string).lock': \(errno.description)"
        switch self {
        case .busy(_, .strata(let owner)):
            return text + ". It is held by process \(owner.pid)\(owner.host.isEmpty ? "" : " on \(owner.host)")."
        case .busy: return text + "."
        case .file: return text
        case .notRecovered(_, let owner, let error):
            return text + ". Process \(owner.pid) on \(owner.host) left work that could not be finished: \(error)"
        }
    }
}

private func workingDirectory() -> String {
    var buffer = [CChar](repeating: 0, count: 4097)
    return unsafe getcwd(&buffer, 4096) == nil
        ? "." : String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// What `core.lockfilePid` makes git write beside its lock: `pid N` in `<name>~pid.lock`.
func gitLockPID(of path: FilePath) -> Int32? {
    guard let bytes = try? readFile(path.sibling(suffix: "~pid.lock"), limit: 64) else { return nil }
    let words = String(decoding: bytes, as: UTF8.self).split { $0 == " " || $0 == "\n" }
    return words.count == 2 && words[0] == "pid" ? Int32(words[1]) : nil
}
