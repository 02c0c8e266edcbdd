import StrataIO
import StrataModel
import SystemPackage

/// A file under a name of its own, to be written and then given its right name; removed when it was not. For one thread at a time.
final class TemporaryFile {
    let path: FilePath
    private var descriptor: FileDescriptor?
    private var isThere = true
    private var isOurs = true

    /// Makes a file `<prefix>XXXXXX` in `directory`, which is made if it is missing. Once written nobody may write to it.
    init(in directory: FilePath, prefix: String, sharing: FileSharing) throws(ObjectError) {
        var tries = 0
        while true {
            tries += 1
            let path = directory.appending(prefix + randomName(6))
            do throws(FileError) {
                descriptor = try Disk.create(path, permissions: FilePermissions(rawValue: 0o444), sharing: sharing)
                self.path = path
                return
            } catch {
                switch error.errno {
                case .fileExists where tries < 1000: continue
                // Somebody may remove it again at once: it is empty.
                case .noSuchFileOrDirectory where tries < 8: try Self.make(directory, sharing)
                default: throw .unavailable(error)
                }
            }
        }
    }

    /// A file that has been written, and is not to be removed when it does not get its name.
    init(at path: FilePath) {
        self.path = path
        descriptor = nil
        isOurs = false
    }

    deinit {
        try? descriptor?.close()
        if isOurs { discard() }
    }

    /// Makes a directory in one that is there; it is no error when it exists.
    static func make(_ directory: FilePath, _ sharing: FileSharing) throws(ObjectError) {
        do throws(FileError) { try Disk.mkdir(directory, sharing: sharing) } catch {
            if error.errno != .fileExists { throw .unavailable(error) }
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(ObjectError) {
        do throws(FileError) { try unsafe Disk.write(bytes, to: opened(), at: path) } catch {
            throw .unavailable(error)
        }
    }

    /// Syncs what was written, as far as `syncing` says, and closes the file.
    func finish(_ syncing: ObjectWriting.Syncing) throws(ObjectError) {
        do throws(FileError) {
            let file = try opened()
            switch syncing {
            case .none: break
            case .writeOut: try Disk.writeOut(file, at: path)
            case .data, .full: try Disk.sync(file, at: path)
            }
            descriptor = nil
            try Disk.close(file, at: path)
        } catch {
            throw .unavailable(error)
        }
    }

    private func opened() throws(FileError) -> FileDescriptor {
        guard let descriptor else { throw FileError(.write, path, .badFileDescriptor) }
        return descriptor
    }

    /// Gives the file its name, if nothing has it.
    ///
    /// - Parameter sharing: who may use the directory that it goes to, if that is missing.
    /// - Returns: false when something has the name; the file is there still.
    func move(to target: FilePath, sharing: FileSharing) throws(ObjectError) -> Bool {
        var tries = 0
        while true {
            tries += 1
            do throws(FileError) {
                guard try Disk.moveIfAbsent(path, to: target) else { return false }
                isThere = false
                return true
            } catch {
                guard error.errno == .noSuchFileOrDirectory, tries < 8 else { throw .unavailable(error) }
                try Self.make(target.removingLastComponent(), sharing)
            }
        }
    }

    /// Gives the file its name, whatever has it.
    func replace(_ target: FilePath) throws(ObjectError) {
        do throws(FileError) { try Disk.rename(path, to: target) } catch { throw .unavailable(error) }
        isThere = false
    }

    /// Removes the file, unless it has got its name.
    func discard() {
        guard isThere else { return }
        isThere = false
        _ = try? Disk.unlinkIfPresent(path)
    }
}

/// So many letters and digits, by chance.
func randomName(_ count: Int) -> String {
    let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".utf8)
    var number = UInt64.random(in: .min ... .max)
    var name: [UInt8] = []
    for _ in 0..<count {
        name.append(letters[Int(number % 62)])
        number /= 62
    }
    return String(decoding: name, as: UTF8.self)
}
