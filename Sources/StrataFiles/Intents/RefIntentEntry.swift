import StrataIO
import StrataModel
import StrataRefs
import SystemPackage

/// An intent that was written, until it is removed.
struct RefIntentEntry: RefJournalEntry {
    let id: [UInt8]
    let journalID: [UInt8]
    let path: FilePath
    let durability: Durability
    let intents: RefIntents
    func remove() throws(RefError) {
        do throws(FileError) {
            try RefIntents.remove(path)
            // That it has gone readers see also where this cannot be said.
            _ = try? intents.watch.count(intents.locks)
        } catch {
            throw RefError(
                .unavailable, "unable to remove the intent '\(path)': \(error.errno)", path: path.string,
                cause: error)
        }
    }

    func gone(_ others: [[UInt8]], durably: Bool) throws(RefError) -> [[UInt8]] {
        let directory = path.removingLastComponent()
        var gone: [[UInt8]] = []
        do throws(FileError) {
            for other in others where other != id && !other.contains(UInt8(ascii: "/")) {
                if try FileStat.lstat(directory.appending(bytes: other)) == nil { gone.append(other) }
            }
            if durably, !gone.isEmpty { try Disk.syncDirectory(directory) }
        } catch {
            throw RefError(unreadable: error)
        }
        return gone
    }

    /// Or else it could be back after a power cut, beside what later transactions have made durable.
    func makeRemovalDurable() throws(RefError) {
        guard durability == .full else { return }
        do throws(FileError) { try Disk.syncDirectory(path.removingLastComponent()) } catch {
            throw RefError(.unavailable, error.description, path: error.path.string, cause: error)
        }
    }

    /// The directory's device and number: no other's as long as it is there.
    static func journalID(of directory: FilePath) throws(FileError) -> [UInt8] {
        guard let stat = try FileStat.stat(directory) else {
            throw FileError(.stat, directory, .noSuchFileOrDirectory)
        }
        return [stat.device, stat.inode].flatMap { number in
            stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> UInt64($0)) }
        }
    }
}
