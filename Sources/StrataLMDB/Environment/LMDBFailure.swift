import CLMDB
import Glibc
import StrataIO
public import StrataModel
import StrataRefs
import SystemPackage

/// What is wrong with an environment, or went wrong in it: the ``RefError/cause`` of this store's errors.
public enum LMDBFailure: Error, Sendable, Hashable {
    /// There is none, and none was to be made.
    case absent
    /// The data file is none of LMDB's, or of another version or machine.
    case notAnEnvironment(String)
    /// It is an environment of LMDB, and not one of references.
    case foreign
    /// Its pages contradict each other or the file.
    case damaged(String)
    /// The file was cut short while it was in use.
    case cutShort
    /// It keeps ids of another hash function.
    case wrongHash(found: HashAlgorithm)
    /// It was made by a newer version of this library.
    case newerFormat(UInt32)
    /// It needs features that this version does not know.
    case unknownFeatures(UInt32)
    /// It is of an older format, and was not to be upgraded.
    case needsUpgrade(from: UInt32)
    /// LMDB does not work between machines.
    case networkFileSystem(String)
    /// A file may not be read or written by this user.
    case noPermission(String)
    /// It was opened only to read.
    case readOnly
    /// It was moved away since it was opened: the references are elsewhere now.
    case moved
    /// No space is left.
    case diskFull
    /// It has grown to all of the address space that is reserved for it, in bytes.
    case mapFull(Int)
    /// Another process has let it grow beyond the address space that this one has reserved, in bytes, and more cannot be reserved while
    /// snapshots are held.
    case mapOutgrown(Int)
    /// As many read transactions are open, in all processes, as the lock table has room for.
    case readersFull
    /// A transaction could neither be made to last nor be undone, for the error that the system gives: it is there, or is not, as a whole, when the
    /// environment is next opened.
    case uncertain(code: Int32)
    /// Anything else that LMDB or the system says.
    case library(code: Int32)

    var code: RefError.Code {
        switch self {
        case .notAnEnvironment, .foreign, .damaged, .cutShort: .corrupt
        case .wrongHash: .invalid
        case .newerFormat, .unknownFeatures, .needsUpgrade, .networkFileSystem, .readOnly: .unsupported
        case .absent, .moved, .noPermission, .diskFull, .mapFull, .mapOutgrown, .readersFull, .uncertain, .library:
            .unavailable
        }
    }
}

extension LMDBFailure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .absent: "there is no reference database"
        case .notAnEnvironment(let why): "this is no reference database: \(why)"
        case .foreign: "this is an LMDB environment, but no reference database"
        case .damaged(let what): "the reference database is damaged: \(what)"
        case .cutShort: "the reference database was cut short while it was in use"
        case .wrongHash(let found): "the reference database keeps \(found.name) ids"
        case .newerFormat(let version): "the reference database has format \(version), which this version does not know"
        case .unknownFeatures(let bits): "the reference database needs unknown features: 0x\(String(bits, radix: 16))"
        case .needsUpgrade(let version):
            "the reference database has the old format \(version) and was not to be upgraded"
        case .networkFileSystem(let name): "a reference database cannot be on a network file system (\(name))"
        case .noPermission(let file): "no permission for '\(file)'"
        case .readOnly: "the reference database is open only to read"
        case .moved: "the references are no longer in this database; open the repository again"
        case .diskFull: "no space left for the reference database"
        case .mapFull(let bytes): "the reference database has no more room in \(bytes) bytes of address space"
        case .mapOutgrown(let bytes):
            "the reference database has grown beyond the \(bytes) bytes of address space that are reserved for it"
        case .readersFull: "too many readers of the reference database at once"
        case .uncertain(let code):
            "a change of the reference database may be there or not: \(unsafe String(cString: mdb_strerror(code)))"
        case .library(let code): "reference database: \(unsafe String(cString: mdb_strerror(code)))"
        }
    }
}

extension LMDBFailure {
    /// What a result of LMDB means; nil for success.
    init?(result: Int32, reservation: Int) {
        switch result {
        case 0: return nil
        case MDB_INVALID: self = .notAnEnvironment("it does not begin as one")
        case MDB_VERSION_MISMATCH: self = .notAnEnvironment("it is of another version of LMDB")
        case MDB_CORRUPTED, MDB_PAGE_NOTFOUND: self = .damaged(unsafe String(cString: mdb_strerror(result)))
        case MDB_MAP_FULL: self = .mapFull(reservation)
        case MDB_MAP_RESIZED: self = .mapOutgrown(reservation)
        case MDB_READERS_FULL: self = .readersFull
        case ENOSPC, EDQUOT: self = .diskFull
        case EACCES, EPERM: self = .noPermission("its files")
        default: self = .library(code: result)
        }
    }

    /// What it means that a file of the environment could not be used.
    init(_ error: FileError) {
        self =
            switch error.errno {
            case .permissionDenied, .notPermitted: .noPermission(error.path.string)
            case .noSpace, Errno(rawValue: EDQUOT): .diskFull
            case .isDirectory: .notAnEnvironment("'\(error.path.string)' is a directory")
            default: .library(code: error.errno.rawValue)
            }
    }

    /// The failure as the store's error.
    func error(at path: String, _ doing: String? = nil) -> RefError {
        RefError(code, doing.map { "\($0): \(self)" } ?? "\(self)", path: path, cause: self)
    }
}
