import Glibc
import StrataIO
import SystemPackage

/// The data file of an environment, read by pages: never mapped, so that what was looked at stays as it was.
///
/// For one thread at a time.
final class LMDBPageFile {
    /// Values that are longer are not looked into.
    static let valueLimit = 256 << 20

    let path: FilePath
    private let descriptor: FileDescriptor

    /// nil = there is no such file, or nothing in it.
    init?(_ path: FilePath) throws(LMDBFailure) {
        do throws(FileError) {
            guard let opened = try openForReading(path) else { return nil }
            descriptor = opened
            self.path = path
            if try FileStat.fstat(descriptor, at: path).size == 0 { return nil }
        } catch {
            throw LMDBFailure(error)
        }
    }

    deinit { Glibc.close(descriptor.rawValue) }

    /// In bytes, as it is now; 0 where that cannot be told.
    var size: Int64 { (try? FileStat.fstat(descriptor, at: path).size) ?? 0 }

    /// - Returns: how many bytes there were.
    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
        guard let offset = Int(exactly: offset) else { return 0 }
        return try unsafe readBytes(descriptor, at: path, offset: offset, into: buffer)
    }

    /// Up to `count` bytes.
    func bytes(at offset: UInt64, count: Int) throws(FileError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let got = try unsafe bytes.withUnsafeMutableBufferPointer { buffer throws(FileError) in
            try unsafe read(at: offset, into: UnsafeMutableRawBufferPointer(buffer))
        }
        bytes.removeLast(count - got)
        return bytes
    }

    /// The value of `size` bytes in overflow pages from page `number` on.
    func overflow(_ number: UInt64, size: Int, pageSize: Int, lastPage: UInt64) -> Overflow {
        guard number >= 2, number <= lastPage else { return .flawed("it is outside of the file") }
        do throws(FileError) {
            let head = try bytes(at: number * UInt64(pageSize), count: LMDBPageFormat.headCount)
            guard head.count == LMDBPageFormat.headCount else { return .flawed("it lies behind the end of the file") }
            let pages = UInt64(head.native(at: 12, as: UInt32.self))
            let needed = UInt64((LMDBPageFormat.headCount - 1 + size) / pageSize + 1)
            guard head.native(at: 0, as: UInt64.self) == number else { return .flawed("it says it is another") }
            guard head.native(at: 10, as: UInt16.self) == LMDBPageFormat.overflowFlag else {
                return .flawed("it is no overflow page")
            }
            guard pages >= needed, pages <= lastPage, number <= lastPage - (pages - 1) else {
                return .flawed("it says that \(pages) pages hold a value of \(size) bytes")
            }
            guard size <= Self.valueLimit else { return .large(pages: pages) }
            let value = try bytes(at: number * UInt64(pageSize) + UInt64(LMDBPageFormat.headCount), count: size)
            guard value.count == size, (number + pages) * UInt64(pageSize) <= UInt64(self.size) else {
                return .flawed("it ends behind the end of the file")
            }
            return .value(value, pages: pages)
        } catch {
            return .flawed("it cannot be read: \(error)")
        }
    }

    enum Overflow {
        case value([UInt8], pages: UInt64)
        /// Longer than ``valueLimit``.
        case large(pages: UInt64)
        case flawed(String)
    }
}

extension RawSpan {
    /// The number at `offset` as the machine has it, which is how LMDB writes. It must lie inside.
    func native<Number: FixedWidthInteger & BitwiseCopyable>(
        at offset: Int, as: Number.Type = Number.self
    ) -> Number {
        precondition(
            offset >= 0 && offset + MemoryLayout<Number>.size <= byteCount, "a number outside its record")
        return unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: Number.self)
    }
}

extension [UInt8] {
    /// As that of a span of them.
    func native<Number: FixedWidthInteger & BitwiseCopyable>(
        at offset: Int, as: Number.Type = Number.self
    ) -> Number {
        unsafe span.bytes.native(at: offset)
    }
}
