import CStrataIO
import Glibc
package import SystemPackage

/// A lock that one of the objects of all processes has at a time: a word in a file that all have mapped. To take it and to let it go, where nobody
/// else wants it, is one atomic instruction each, and no system call.
///
///     64    8  who has it: the number of a seat in two bytes, 0 = nobody, and above it how often it was taken
///     4096 + 512 n     the seat n, from 1 on: the ``OwnerRecord`` of whose it is, and then zeros
///
/// Nobody takes it along who dies. Each object keeps a lock of the kernel's on the first byte of a seat, which ends with the process; who finds the
/// word taken by a seat that is nobody's takes it over. An object that comes to a seat which has the word lets it go first: it was another's who sat
/// there. So a file with anything in it, from before a loss of power for one, is no obstacle.
///
/// Safe to share between threads, of which one at a time may take it and have it: it does not keep them apart.
package final class SharedLock: Sendable {
    private static let headCount = 4096
    private static let seatCount = 512
    private static let wordAt = 64
    private static let lastSeat: UInt64 = 0xffff

    private let path: FilePath
    /// Of the file description that has the seat.
    private let file: FileDescriptor
    private let words: SharedWords
    private let seat: UInt64

    /// Opens the file, or makes it, and takes a seat.
    ///
    /// - Parameter record: whom others are told of who wait.
    package init(_ path: FilePath, sharing: FileSharing, record: OwnerRecord) throws(FileError) {
        let file = try Disk.create(path, exclusive: false, readable: true, sharing: sharing)
        do throws(FileError) {
            // With room on the disk: else the first touch of it could end the process.
            try Disk.change(.truncate, path) {
                let result = posix_fallocate(file.rawValue, 0, off_t(Self.headCount))
                errno = result
                return result == 0 ? 0 : -1
            }
            let copy = try Disk.change(.open, path) { Int(fcntl(file.rawValue, F_DUPFD_CLOEXEC, 0)) }
            let mapped = FileDescriptor(rawValue: CInt(copy))
            do throws(FileError) {
                words = try SharedWords(mapped, at: path, size: Self.headCount, isWritable: true)
            } catch {
                Glibc.close(mapped.rawValue)
                throw error
            }
            guard words.isMapped else { throw FileError(.map, path, .notSupported) }
            seat = try Self.takeSeat(file, path)
            let word = try words.load(Self.wordAt)
            if word & Self.lastSeat == seat { _ = try words.exchange(Self.wordAt, word, for: word & ~Self.lastSeat) }
        } catch {
            Glibc.close(file.rawValue)
            throw error
        }
        self.path = path
        self.file = file
        // It is for messages.
        let text = record.contents
        let bytes = text + [UInt8](repeating: 0, count: max(0, Self.seatCount - text.count))
        _ = unsafe pwrite(file.rawValue, bytes, Self.seatCount, off_t(Self.place(of: seat)))
    }

    deinit { Glibc.close(file.rawValue) }

    private static func place(of seat: UInt64) -> Int64 { Int64(headCount) + Int64(seat) * Int64(seatCount) }

    private static func takeSeat(_ file: FileDescriptor, _ path: FilePath) throws(FileError) -> UInt64 {
        for seat in 1...lastSeat {
            if strata_ofd_lock_byte(file.rawValue, place(of: seat)) == 0 { return seat }
            let reason = Errno(rawValue: errno)
            guard reason == .resourceTemporarilyUnavailable || reason == .permissionDenied else {
                throw FileError(.lock, path, reason)
            }
        }
        throw FileError(.lock, path, .noLocks)
    }

    /// Takes it, unless somebody has it.
    ///
    /// - Throws: ``FileError``; `EIO` where the file was cut short, after which this object is of no use.
    package func take() throws(FileError) -> Bool {
        let word = try words.load(Self.wordAt)
        let other = word & Self.lastSeat
        if other != 0, try isTaken(other) { return false }
        let took = try words.exchange(Self.wordAt, word, for: (word & ~Self.lastSeat) &+ Self.lastSeat &+ 1 | seat)
        if words.isPoisoned { throw FileError(.map, path, .ioError) }
        return took
    }

    /// Lets it go, if this object has it.
    package func letGo() {
        guard let word = try? words.load(Self.wordAt), word & Self.lastSeat == seat else { return }
        _ = try? words.exchange(Self.wordAt, word, for: word & ~Self.lastSeat)
    }

    private func isTaken(_ seat: UInt64) throws(FileError) -> Bool {
        let result = strata_ofd_is_byte_locked(file.rawValue, Self.place(of: seat))
        if result < 0 { throw FileError(.lock, path, Errno(rawValue: errno)) }
        return result != 0
    }

    /// Who has it, as far as that can be told.
    package func holder() -> OwnerRecord? {
        guard let seat = try? words.load(Self.wordAt) & Self.lastSeat, seat != 0,
            let bytes = try? readBytes(file, at: path, offset: Int(Self.place(of: seat)), count: Self.seatCount)
        else { return nil }
        return OwnerRecord(contents: Array(bytes.prefix { $0 != 0 }))
    }
}
