import StrataIO
import StrataRefs
import SystemPackage

/// A new `packed-refs` file while it is written, large pieces straight from the old file's mapping.
struct PackedRefsFile: PackedRefsOutput {
    private let sink: FileSink

    init(_ sink: FileSink) { self.sink = sink }

    mutating func append(_ bytes: [UInt8]) throws(RefError) {
        do throws(FileError) { try sink.write(bytes) } catch { throw failure(error) }
    }

    @unsafe
    mutating func copy(_ bytes: UnsafeBufferPointer<UInt8>) throws(RefError) {
        do throws(FileError) { try unsafe sink.write(UnsafeRawBufferPointer(bytes)) } catch { throw failure(error) }
    }

    /// Writes what is left, brings it to the disk if asked, and closes.
    func finish(_ durability: Durability) throws(RefError) {
        do throws(FileError) { try sink.finish(durability) } catch { throw failure(error) }
    }

    private func failure(_ error: FileError) -> RefError {
        RefError(.unavailable, "error writing to \(sink.path): \(error.errno)", path: sink.path.string, cause: error)
    }
}
