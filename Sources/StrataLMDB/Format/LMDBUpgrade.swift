import StrataRefs

/// Brings an environment of an older format to the present one, within the transaction that opens it: whole or not at all.
///
/// Format 1 is the first; a later one adds its step here.
enum LMDBUpgrade {
    static func upgrade(from version: UInt32, _ txn: OpaquePointer) throws(LMDBFailure) {
        throw .needsUpgrade(from: version)
    }
}
