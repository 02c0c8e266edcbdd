import CLMDB
import StrataModel
import StrataRefs

/// The keys of references: the number of their worktree in four bytes, and the name.
///
/// LMDB's keys have at most 511 bytes, names may be longer. Names of more than ``nameLimit`` bytes lie sorted in one record (``LMDBLongNames``)
/// whose key is their first ``nameLimit`` bytes and 0x01. That record stands where they belong in the order: behind the name that is those
/// bytes alone, and before all that does not begin with them.
enum LMDBRefKey {
    static let nameLimit = 506
    /// The longest name that can be kept: no more for a name is asked of other stores either, whose paths end earlier.
    static let longNameLimit = 65_535
    /// The length of the key of a record of long names.
    static let longKeyCount = 4 + nameLimit + 1

    /// Runs `body` with the key of the record in which `name` is, or would be; `suffix` = where it is in a record of long names.
    static func with<T>(
        _ scope: UInt32, _ name: [UInt8],
        _ body: (_ key: strata_lmdb_key, _ suffix: ArraySlice<UInt8>?) throws(RefError) -> T
    ) throws(RefError) -> T {
        let isLong = name.count > nameLimit
        return try unsafe name.span.withUnsafeBytes { bytes throws(RefError) in
            let key = unsafe strata_lmdb_key(
                bytes: bytes.baseAddress, count: min(bytes.count, nameLimit), scope: scope, is_scoped: 1,
                is_long: isLong ? 1 : 0)
            return unsafe try body(key, isLong ? name[nameLimit...] : nil)
        }
    }

    /// What stands behind the number in the key of `record`: a name, or the first bytes of long ones and 0x01. nil where it is not of `scope`.
    static func name(of record: strata_lmdb_record, in scope: UInt32) -> UnsafeRawBufferPointer? {
        let key = unsafe UnsafeRawBufferPointer(start: record.key, count: record.key_count)
        guard key.count > 4, unsafe key.number(at: 0) == scope else { return nil }
        return unsafe UnsafeRawBufferPointer(rebasing: key[4...])
    }

    /// Whether `bytes`, which ``name(of:in:)`` gave, are those of `name`.
    static func isKey(_ bytes: UnsafeRawBufferPointer, of name: RefName) -> Bool {
        let span = unsafe Span<UInt8>(_unsafeElements: bytes.assumingMemoryBound(to: UInt8.self))
        return span.count == name.bytes.count && RefNameOrder.commonCount(span, name.bytes.span) == span.count
    }

    /// Whether `key` is that of a record of long names.
    static func isLong(_ key: UnsafeRawBufferPointer) -> Bool {
        unsafe key.count == longKeyCount && key[longKeyCount - 1] == 0x01
    }
}
