import StrataHash
import StrataIO
import StrataModel

/// Bytes on their way to a file that ends with the checksum of all before, or compared with one that is there. Answers to git's `hashfile`.
/// For one thread at a time.
struct ChecksummedOutput {
    /// Where the bytes go.
    enum Target {
        case file(FileSink)
        /// The bytes must be those of this file.
        case comparison(MappedBytes)
    }

    private let target: Target
    private var hasher: ChecksumHasher
    private var pending: [UInt8] = []
    private var place = 0
    private(set) var isSame = true
    /// Whether there is more in the file that it is compared with, and all else is the same.
    private(set) var isLonger = false

    init(_ target: Target, _ algorithm: HashAlgorithm) {
        self.target = target
        hasher = ChecksumHasher(algorithm)
        pending.reserveCapacity(Self.block + 64)
    }

    private static let block = 32 << 10

    @inline(__always)
    mutating func be32(_ value: UInt32) throws(ObjectError) {
        unsafe withUnsafeBytes(of: value.bigEndian) { unsafe pending.append(contentsOf: $0) }
        try settleIfFull()
    }

    @inline(__always)
    mutating func be64(_ value: UInt64) throws(ObjectError) {
        unsafe withUnsafeBytes(of: value.bigEndian) { unsafe pending.append(contentsOf: $0) }
        try settleIfFull()
    }

    @inline(__always)
    mutating func id(_ id: ObjectID) throws(ObjectError) {
        id.appendBytes(to: &pending)
        try settleIfFull()
    }

    @inline(__always)
    private mutating func settleIfFull() throws(ObjectError) {
        if pending.count >= Self.block { try settle() }
    }

    private mutating func settle() throws(ObjectError) {
        var hasher = hasher
        hasher.update(pending.span)
        self.hasher = hasher
        try write()
    }

    private mutating func write() throws(ObjectError) {
        switch target {
        case .file(let sink):
            try ObjectError.onFiles { () throws(FileError) in try sink.write(pending) }
        case .comparison(let file):
            isSame = isSame && pending.count <= file.count - place
            if isSame {
                let theirs = unsafe UnsafeRawBufferPointer(rebasing: file.bytes[place..<place + pending.count])
                isSame = unsafe pending.span.isEqual(to: theirs.bindMemory(to: UInt8.self).span)
            }
        }
        place += pending.count
        pending.removeAll(keepingCapacity: true)
    }

    /// Writes the checksum. The file is still open.
    mutating func finish() throws(ObjectError) -> ObjectID {
        try settle()
        let checksum = hasher.finish()
        checksum.appendBytes(to: &pending)
        try write()
        if case .comparison(let file) = target {
            isLonger = isSame && place < file.count
            isSame = isSame && place == file.count
            try file.checkWhole()
        }
        return checksum
    }
}
