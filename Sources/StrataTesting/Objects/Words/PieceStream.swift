import StrataModel
import StrataObjects

/// Contents in memory, as a stream of pieces that may lie about its size or fail.
final class PieceStream: ObjectStream {
    let kind: ObjectKind
    let size: UInt64
    private let bytes: [UInt8]
    private let piece: Int
    private let goodPieces: Int
    private var place = 0
    private var pieces = 0

    /// - Parameters:
    ///   - size: what is declared, where it is not the truth.
    ///   - goodPieces: the number of pieces after which it fails.
    init(_ contents: ObjectContents, piece: Int, declaring size: Int? = nil, failingAfter goodPieces: Int = .max) {
        kind = contents.kind
        bytes = contents.bytes
        self.size = UInt64(size ?? contents.bytes.count)
        self.piece = piece
        self.goodPieces = goodPieces
    }

    func next(_ chunk: inout [UInt8]) throws(ObjectError) -> Bool {
        if pieces >= goodPieces { throw ObjectError(.unavailable, "the stream fails after \(pieces) pieces") }
        guard place < bytes.count else { return false }
        pieces += 1
        chunk = Array(bytes[place..<min(place + piece, bytes.count)])
        place += chunk.count
        return true
    }
}
