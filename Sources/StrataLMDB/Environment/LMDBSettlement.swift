import CLMDB
import Glibc
import StrataIO
import SystemPackage

/// What is to be done after a commit whose meta page could not be written, or was written and not synced.
///
/// LMDB then writes the old one again, as well as it can, and refuses all work in the environment. But the medium may have the new one, and the
/// next commit uses the pages of the failed one anew: a loss of power in the middle of it would leave a meta page with pages of another.
enum LMDBSettlement {
    /// Whether the meta page of transaction `id`, whose commit has failed, is what the kernel shows of `data`.
    static func isSeen(_ id: UInt64, in data: FilePath) -> Bool {
        do throws(LMDBFailure) {
            guard let file = try LMDBPageFile(data) else { return false }
            return try LMDBMetaPage.Pair(file).latest.transaction >= id
        } catch {
            return false
        }
    }

    /// Writes both meta pages anew and syncs them, those of failed transactions as older ones.
    ///
    /// For a freshly opened environment, within a write transaction, so that nobody commits meanwhile: `next` is its number, and what stands there of
    /// this number or a greater one has failed.
    static func settle(_ environment: OpaquePointer, next: UInt64, at path: FilePath) throws(LMDBFailure) {
        var raw: CInt = -1
        unsafe mdb_env_get_fd(environment, &raw)
        var stat = MDB_stat()
        unsafe mdb_env_stat(environment, &stat)
        let descriptor = FileDescriptor(rawValue: raw)
        do throws(FileError) {
            for number in 0...1 {
                let offset = number * Int(stat.ms_psize)
                var bytes = try readBytes(descriptor, at: path, offset: offset, count: LMDBMetaPage.byteCount)
                guard bytes.count == LMDBMetaPage.byteCount else { throw FileError(.read, path, .ioError) }
                if LMDBMetaPage.transaction(of: bytes) >= next { LMDBMetaPage.set(transaction: next - 2, in: &bytes) }
                guard lseek(raw, offset, SEEK_SET) == offset else {
                    throw FileError(.write, path, Errno(rawValue: errno))
                }
                try Disk.write(bytes, to: descriptor, at: path)
            }
            try Disk.sync(descriptor, at: path, dataOnly: true)
        } catch {
            throw LMDBFailure(error)
        }
    }
}

extension LMDBMetaPage {
    private static let transactionOffset = 144

    fileprivate static func transaction(of bytes: [UInt8]) -> UInt64 { bytes.native(at: transactionOffset) }

    fileprivate static func set(transaction: UInt64, in bytes: inout [UInt8]) {
        let number = unsafe withUnsafeBytes(of: transaction) { unsafe Array($0) }
        bytes.replaceSubrange(transactionOffset..<transactionOffset + number.count, with: number)
    }
}
