import CStrataIO
import Glibc
public import SystemPackage

/// A number in a small file that all processes share, and which only grows: whoever reads it twice and gets the same knows that
/// nothing which counts has happened between.
///
/// Reading it is one load from memory; where such files cannot be mapped, one call. Beside it stands a moment until which those who count are asked to
/// wait. After a loss of power any number may be there: it is of use only between processes that live at one time. Safe to share between threads.
///
/// Whoever reads may take a file for that at its path for ``validity`` without looking. So a file that was put in the place of another counts only
/// when that time is over: whoever counts in it waits.
///
/// Sendable because every stored property is constant, the words are only touched by the calls of ``SharedWords`` until deinit, which runs when
/// nobody holds the object any more.
@safe
public final class SharedSequence: @unchecked Sendable {
    private static let magic = Array("strata-sequence 1\n".utf8)
    private static let size = 4096
    /// What opening says where something else stands, or nothing.
    private static let noneErrors: [Errno] = [
        .noSuchFileOrDirectory, .notDirectory, .isDirectory, .tooManySymbolicLinkLevels, .noSuchAddressOrDevice,
    ]
    /// Where the words stand in the file.
    private static let (valueAt, pauseAt, settledAt) = (64, 128, 192)
    /// For the moment from which a file counts: it has just come into the place of another, and nobody has said yet.
    private static let unsettled = UInt64.max
    /// How long who reads may rely on the file without looking whether another is in its place, in milliseconds.
    public static let validity = 100
    /// The longest that anyone is made to wait, in nanoseconds, whatever the file says.
    private static let longestPause: Int64 = 20_000_000

    private let path: FilePath
    private let device: UInt64
    private let inode: UInt64
    /// Whether this user may count.
    public let isWritable: Bool
    private let words: SharedWords

    /// Opens the file; nil when there is none that is one. Without permission to write it can be read only.
    public init?(_ path: FilePath) throws(FileError) {
        guard let (file, writable) = try Self.open(path) else { return nil }
        var isTaken = false
        defer { if !isTaken { Glibc.close(file.rawValue) } }
        let stat = try FileStat.fstat(file, at: path)
        guard stat.kind == .regular, stat.size >= Self.size,
            try readBytes(file, at: path, offset: 0, count: Self.magic.count) == Self.magic
        else { return nil }
        words = try SharedWords(file, at: path, size: Self.size, isWritable: writable)
        isTaken = true
        self.path = path
        device = stat.device
        inode = stat.inode
        isWritable = writable
    }

    private static func open(_ path: FilePath) throws(FileError) -> (file: FileDescriptor, isWritable: Bool)? {
        for flags in [O_RDWR, O_RDONLY] {
            do throws(FileError) {
                let raw = try Disk.change(.open, path) {
                    Int(
                        unsafe path.withPlatformString {
                            unsafe Glibc.open($0, flags | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
                        })
                }
                return (FileDescriptor(rawValue: CInt(raw)), flags == O_RDWR)
            } catch {
                if noneErrors.contains(error.errno) { return nil }
                let mayBeRead: [Errno] = [.permissionDenied, .readOnlyFileSystem, .notPermitted]
                guard flags == O_RDWR, mayBeRead.contains(error.errno) else { throw error }
            }
        }
        return nil
    }

    /// Makes the file, or puts a new one in the place of what is none. Its blocks are there from the start, so that counting needs no space.
    ///
    /// - Parameters:
    ///   - temporary: a name on the same file system that nobody else uses.
    ///   - replacing: whether a new one is put in the place of a good one too, in which this user may not count.
    public static func make(
        _ path: FilePath, by temporary: FilePath, sharing: FileSharing, replacing: Bool = false
    ) throws(FileError) {
        let isFirst = replacing ? false : try FileStat.lstat(path) == nil
        let file = try Disk.create(temporary, sharing: sharing)
        do throws(FileError) {
            do throws(FileError) {
                var bytes = magic + [UInt8](repeating: 0, count: size - magic.count)
                if !isFirst { for at in settledAt..<settledAt + 8 { bytes[at] = 0xff } }
                try Disk.write(bytes, to: file, at: temporary)
            } catch {
                try? file.close()
                throw error
            }
            try Disk.close(file, at: temporary)
            // Two who make it at once are to end with the same.
            do throws(FileError) {
                if replacing { try Disk.rename(temporary, to: path) } else { try Disk.link(temporary, to: path) }
            } catch {
                guard !replacing, error.errno == .fileExists else { throw error }
                if try SharedSequence(path) == nil { try Disk.rename(temporary, to: path) }
            }
            try Disk.unlinkIfPresent(temporary)
        } catch {
            _ = try? Disk.unlinkIfPresent(temporary)
            throw error
        }
    }

    /// The number now.
    public func value() throws(FileError) -> UInt64 { try words.load(Self.valueAt) }

    /// Whether the file was cut short under this object, which is of no use then.
    public var isPoisoned: Bool { words.isPoisoned }

    /// Whether `path` still leads to this file. One `stat`.
    public func isCurrent() throws(FileError) -> Bool {
        guard !isPoisoned, let now = try FileStat.lstat(path) else { return false }
        return now.device == device && now.inode == inode && now.size >= Self.size
    }

    /// Changes the number, and waits until all who read go by this file, if it is new in the place of another: ``validity`` at most.
    ///
    /// - Throws: ``FileError`` when the file cannot be written, or was cut short.
    public func count() throws(FileError) {
        guard isWritable else { throw FileError(.write, path, .permissionDenied) }
        try words.change(Self.valueAt)
        if isPoisoned { throw FileError(.write, path, .ioError) }
        let settled = try words.load(Self.settledAt)
        if settled == 0 { return }
        let longest = Int64(Self.validity) * 1_000_000
        if settled == Self.unsettled {
            let end = monotonicNanoseconds() + longest
            try words.store(Self.settledAt, UInt64(bitPattern: end))
            Self.wait(until: end, atMost: longest)
        } else {
            Self.wait(until: Int64(bitPattern: settled), atMost: longest)
        }
    }

    /// Asks those who count to wait for so long, 20 ms at most. Without permission to write nothing is asked.
    public func askForPause(nanoseconds: Int64) {
        guard isWritable else { return }
        let end = monotonicNanoseconds() + min(nanoseconds, Self.longestPause)
        _ = try? words.store(Self.pauseAt, UInt64(bitPattern: end))
    }

    /// Waits as long as somebody has asked for, 20 ms at most.
    public func waitForPause() {
        guard let end = try? words.load(Self.pauseAt) else { return }
        Self.wait(until: Int64(bitPattern: end), atMost: Self.longestPause)
    }

    /// A moment that is further away was not meant by anyone: it was written before the machine was started.
    private static func wait(until end: Int64, atMost longest: Int64) {
        guard end > 0 else { return }
        let left = end &- monotonicNanoseconds()
        guard left > 0, left <= longest else { return }
        var time = timespec(tv_sec: 0, tv_nsec: Int(left))
        unsafe nanosleep(&time, nil)
    }
}
