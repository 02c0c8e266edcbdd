public import StrataModel

/// An object's contents, piece by piece. For one thread at a time.
public protocol ObjectStream: AnyObject {
    var kind: ObjectKind { get }
    /// The number of bytes of all pieces together.
    var size: UInt64 { get }

    /// Puts the next piece in the place of `chunk`'s contents. Pieces are as long as suits the store, and never empty.
    ///
    /// - Returns: false at the end, after exactly ``size`` bytes.
    /// - Throws: `corrupt` when the contents are damaged, are fewer or are more.
    func next(_ chunk: inout [UInt8]) throws(ObjectError) -> Bool
}

/// Contents that are in memory, as a stream of one piece.
public final class MemoryObjectStream: ObjectStream {
    public let kind: ObjectKind
    public let size: UInt64
    private var bytes: [UInt8]?

    public init(_ contents: ObjectContents) {
        kind = contents.kind
        size = UInt64(contents.bytes.count)
        bytes = contents.bytes.isEmpty ? nil : contents.bytes
    }

    public func next(_ chunk: inout [UInt8]) -> Bool {
        guard let bytes else { return false }
        chunk = bytes
        self.bytes = nil
        return true
    }
}
