import StrataIO
public import StrataRefs
import SystemPackage

/// One commit of the environment decides over the intents that it records.
extension LMDBEnvironment: RefDecider {
    /// The store's number: a copy has the same.
    public var decidingID: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(number: storeID.0)
        bytes.append(number: storeID.1)
        return bytes
    }

    public var decidingPath: [UInt8] { directory.fromRoot.bytes }

    public func isDecider(at path: [UInt8]) -> Bool {
        guard let stat = try? FileStat.stat(FilePath(bytes: path).appending("data.mdb")) else { return false }
        return stat.inode == data.inode && stat.device == data.device
    }

    public func hasDecided(_ intent: [UInt8]) throws(RefError) -> Bool {
        try LMDBIntents.contains(intent, in: read())
    }
}
