import CLMDB
import CStrataIO
import Glibc
import StrataIO
import SystemPackage

/// Where the data file of an environment is mapped, of which LMDB tells nothing. A file that is cut short under it ends in an error.
@safe
struct LMDBMapping {
    let map: strata_lmdb_map
    /// The registration with the SIGBUS handler.
    private let range: OpaquePointer

    /// nil where it cannot be found.
    init?(of file: FilePath, _ environment: OpaquePointer) {
        guard let found = unsafe Self.find(file),
            let range = unsafe strata_range_register(found.baseAddress, found.count)
        else { return nil }
        var stat = MDB_stat()
        unsafe mdb_env_stat(environment, &stat)
        unsafe self.range = range
        unsafe map = strata_lmdb_map(
            start: found.baseAddress?.assumingMemoryBound(to: UInt8.self), count: found.count,
            page_size: Int(stat.ms_psize))
    }

    /// Must come before the mapping goes.
    func close() { unsafe strata_range_unregister(range) }

    var isCutShort: Bool { unsafe strata_range_is_poisoned(range) != 0 }

    /// A page as it lies in the file.
    func page(_ number: UInt64) -> UnsafeRawBufferPointer? {
        guard let number = Int(exactly: number), unsafe number < map.count / map.page_size else { return nil }
        return unsafe UnsafeRawBufferPointer(start: map.start + number * map.page_size, count: map.page_size)
    }

    private static func find(_ file: FilePath) -> UnsafeRawBufferPointer? {
        guard let stat = try? FileStat.stat(file), let maps = try? readFile("/proc/self/maps") else { return nil }
        for line in maps.split(separator: 0x0a) {
            let fields = line.split(separator: 0x20, maxSplits: 5)
            guard fields.count > 4, let inode = UInt64(String(decoding: fields[4], as: UTF8.self)), inode == stat.inode
            else { continue }
            let ends = String(decoding: fields[0], as: UTF8.self).split(separator: "-").compactMap {
                UInt($0, radix: 16)
            }
            let device = String(decoding: fields[3], as: UTF8.self).split(separator: ":").compactMap {
                UInt64($0, radix: 16)
            }
            guard ends.count == 2, device.count == 2, ends[0] < ends[1],
                device[0] == Self.major(stat.device), device[1] == Self.minor(stat.device)
            else { continue }
            return unsafe UnsafeRawBufferPointer(
                start: UnsafeRawPointer(bitPattern: ends[0]), count: Int(ends[1] - ends[0]))
        }
        return nil
    }

    private static func major(_ device: UInt64) -> UInt64 { (device >> 8) & 0xfff | (device >> 32) & ~0xfff }
    private static func minor(_ device: UInt64) -> UInt64 { device & 0xff | (device >> 12) & ~0xff }
}
