/*
 * A power cut for the tests of the store, as a library to be preloaded.
 *
 * Of the files below STORE_CUT_ROOT only what fsync or fdatasync covered is durable. At a chosen moment the power goes: of the
 * blocks of 4 KiB that were written since, a random subset reaches the disk as well, in any order, the folder as it would then be
 * found is written to STORE_CUT_IMAGE, and the process is killed. sync_file_range makes nothing durable. Creating and renaming files
 * counts as durable at once. The moment is STORE_CUT_AFTER_MS after STORE_CUT_AFTER_SYNCS syncs.
 *
 * With STORE_FAIL_SYNC=n or STORE_FAIL_WRITE=n there is no cut: the n-th sync (write) below the root and all later ones fail, with
 * EIO (ENOSPC).
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { BLOCK = 4096, MAX_FD = 65536, PATH = 4096 };

/* A write (or, without data, a truncation) that no sync has covered yet. */
struct change {
	struct change *next;
	int truncates;
	off_t offset;
	size_t length;
	char data[];
};

/* A file below the root: what of it is durable lies in a shadow file, what is not in a list of changes. */
struct file {
	struct file *next;
	uint64_t inode, born;
	int shadow;
	struct change *first, **end;
};

enum seen { NOT_SEEN, NOT_OURS, OURS };

static struct {
	enum seen seen;
	struct file *file;
	int appends;
} descriptors[MAX_FD];

static struct file *files;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *root, *shadows, *image;
static long cut_after_ms, cut_after_syncs, fail_sync, fail_write, syncs, writes;
static unsigned seed;

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static ssize_t (*real_pwritev)(int, const struct iovec *, int, off_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_sync_file_range)(int, off_t, off_t, unsigned);
static int (*real_close)(int);

/* An inode may be used again, an inode with its time of birth is one file. */
static int identify(int fd, const char *path, uint64_t *inode, uint64_t *born)
{
	struct statx found;
	int flags = path ? AT_SYMLINK_NOFOLLOW : AT_EMPTY_PATH;
	if (statx(path ? AT_FDCWD : fd, path ? path : "", flags, STATX_BASIC_STATS | STATX_BTIME, &found))
		return -1;
	if ((found.stx_mode & S_IFMT) != S_IFREG)
		return -1;
	*inode = found.stx_ino;
	*born = (uint64_t)found.stx_btime.tv_sec * 1000000000u + found.stx_btime.tv_nsec;
	return 0;
}

static struct file *find(uint64_t inode, uint64_t born)
{
	for (struct file *file = files; file; file = file->next)
		if (file->inode == inode && file->born == born)
			return file;
	return NULL;
}

static void copy(int from, int to)
{
	char buffer[1 << 16];
	off_t at = 0;
	ssize_t got;
	while ((got = pread(from, buffer, sizeof buffer, at)) > 0) {
		real_pwrite(to, buffer, got, at);
		at += got;
	}
	struct stat found;
	if (!fstat(from, &found))
		real_ftruncate(to, found.st_size);
}

/* A file seen for the first time: what it holds then is durable. */
static struct file *begin(const char *descriptor, uint64_t inode, uint64_t born)
{
	struct file *file = calloc(1, sizeof *file);
	char path[PATH];
	snprintf(path, sizeof path, "%s/%lu_%lu", shadows, (unsigned long)inode, (unsigned long)born);
	file->inode = inode;
	file->born = born;
	file->end = &file->first;
	file->shadow = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	int whole = open(descriptor, O_RDONLY);
	copy(whole, file->shadow);
	real_close(whole);
	file->next = files;
	files = file;
	return file;
}

/* The file behind a descriptor, if it lies below the root. The lock is held. */
static struct file *track(int fd)
{
	if (!root || fd < 0 || fd >= MAX_FD || descriptors[fd].seen == NOT_OURS)
		return NULL;
	if (descriptors[fd].seen == OURS)
		return descriptors[fd].file;
	char descriptor[64], path[PATH];
	snprintf(descriptor, sizeof descriptor, "/proc/self/fd/%d", fd);
	ssize_t length = readlink(descriptor, path, sizeof path - 1);
	path[length < 0 ? 0 : length] = 0;
	uint64_t inode, born;
	if (strncmp(path, root, strlen(root)) || identify(fd, NULL, &inode, &born)) {
		descriptors[fd].seen = NOT_OURS;
		return NULL;
	}
	struct file *file = find(inode, born);
	descriptors[fd].file = file ? file : begin(descriptor, inode, born);
	descriptors[fd].appends = (fcntl(fd, F_GETFL) & O_APPEND) != 0;
	descriptors[fd].seen = OURS;
	return descriptors[fd].file;
}

static void apply(struct file *file, struct change *change)
{
	if (change->truncates)
		real_ftruncate(file->shadow, change->offset);
	else
		real_pwrite(file->shadow, change->data, change->length, change->offset);
}

static void make_durable(struct file *file)
{
	struct change *change = file->first;
	while (change) {
		struct change *next = change->next;
		apply(file, change);
		free(change);
		change = next;
	}
	file->first = NULL;
	file->end = &file->first;
}

static void note(struct file *file, const void *data, size_t length, off_t offset, int truncates)
{
	struct change *change = malloc(sizeof *change + length);
	change->next = NULL;
	change->truncates = truncates;
	change->offset = offset;
	change->length = length;
	if (length)
		memcpy(change->data, data, length);
	*file->end = change;
	file->end = &change->next;
}

static void note_all(struct file *file, const struct iovec *parts, int count, off_t offset, ssize_t written)
{
	for (int i = 0; i < count && written > 0; i++) {
		size_t length = parts[i].iov_len < (size_t)written ? parts[i].iov_len : (size_t)written;
		note(file, parts[i].iov_base, length, offset, 0);
		offset += length;
		written -= length;
	}
}

/* How much of what was not synced reaches the disk: nothing of a file, everything of it, or each block as it happens. */
static int reaches_disk(int luck)
{
	return luck == 3 || (luck && rand_r(&seed) % 2);
}

static void lose_power_over(struct file *file)
{
	int luck = rand_r(&seed) % 4;
	for (struct change *change = file->first; change; change = change->next) {
		if (change->truncates) {
			if (reaches_disk(luck))
				apply(file, change);
			continue;
		}
		for (size_t done = 0; done < change->length;) {
			off_t at = change->offset + done;
			size_t length = BLOCK - (at & (BLOCK - 1));
			if (length > change->length - done)
				length = change->length - done;
			if (reaches_disk(luck))
				real_pwrite(file->shadow, change->data + done, length, at);
			done += length;
		}
	}
}

static void copy_tree(const char *from, const char *to)
{
	mkdir(to, 0700);
	DIR *folder = opendir(from);
	struct dirent *entry;
	while (folder && (entry = readdir(folder))) {
		char source[PATH], target[PATH];
		struct stat found;
		uint64_t inode, born;
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		snprintf(source, sizeof source, "%s/%s", from, entry->d_name);
		snprintf(target, sizeof target, "%s/%s", to, entry->d_name);
		if (lstat(source, &found))
			continue;
		if (S_ISDIR(found.st_mode)) {
			copy_tree(source, target);
			continue;
		}
		if (identify(-1, source, &inode, &born))
			continue;
		struct file *file = find(inode, born);
		int in = file ? file->shadow : open(source, O_RDONLY);
		int out = open(target, O_RDWR | O_CREAT | O_TRUNC, found.st_mode & 0777);
		copy(in, out);
		real_close(out);
		if (!file)
			real_close(in);
	}
	if (folder)
		closedir(folder);
}

static void *cut(void *unused)
{
	(void)unused;
	pthread_mutex_lock(&lock);
	while (syncs < cut_after_syncs) {
		pthread_mutex_unlock(&lock);
		usleep(1000);
		pthread_mutex_lock(&lock);
	}
	pthread_mutex_unlock(&lock);
	usleep(cut_after_ms * 1000);
	pthread_mutex_lock(&lock);
	for (struct file *file = files; file; file = file->next)
		lose_power_over(file);
	copy_tree(root, image);
	kill(getpid(), SIGKILL);
	return NULL;
}

static long number(const char *name)
{
	const char *text = getenv(name);
	return text ? atol(text) : 0;
}

__attribute__((constructor)) static void start(void)
{
	real_write = dlsym(RTLD_NEXT, "write");
	real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
	real_writev = dlsym(RTLD_NEXT, "writev");
	real_pwritev = dlsym(RTLD_NEXT, "pwritev64");
	real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
	real_fsync = dlsym(RTLD_NEXT, "fsync");
	real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
	real_sync_file_range = dlsym(RTLD_NEXT, "sync_file_range");
	real_close = dlsym(RTLD_NEXT, "close");
	root = getenv("STORE_CUT_ROOT");
	shadows = getenv("STORE_CUT_SHADOWS");
	image = getenv("STORE_CUT_IMAGE");
	cut_after_ms = number("STORE_CUT_AFTER_MS");
	cut_after_syncs = number("STORE_CUT_AFTER_SYNCS");
	seed = number("STORE_CUT_SEED");
	fail_sync = number("STORE_FAIL_SYNC");
	fail_write = number("STORE_FAIL_WRITE");
	pthread_t thread;
	if (image)
		pthread_create(&thread, NULL, cut, NULL);
}

static int fails(long *count, long from, int error)
{
	if (++*count < from || !from)
		return 0;
	errno = error;
	return 1;
}

ssize_t pwrite64(int fd, const void *data, size_t length, off_t offset)
{
	if (!root)
		return real_pwrite(fd, data, length, offset);
	pthread_mutex_lock(&lock);
	struct file *file = track(fd);
	ssize_t written = file && fails(&writes, fail_write, ENOSPC) ? -1 : real_pwrite(fd, data, length, offset);
	if (file && written > 0)
		note(file, data, written, offset, 0);
	pthread_mutex_unlock(&lock);
	return written;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset)
{
	return pwrite64(fd, data, length, offset);
}

/* Where the next write to a descriptor goes. */
static off_t position(int fd)
{
	struct stat found;
	if (descriptors[fd].appends && !fstat(fd, &found))
		return found.st_size;
	return lseek(fd, 0, SEEK_CUR);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
	if (!root)
		return real_writev(fd, parts, count);
	pthread_mutex_lock(&lock);
	struct file *file = track(fd);
	off_t offset = file ? position(fd) : 0;
	ssize_t written = file && fails(&writes, fail_write, ENOSPC) ? -1 : real_writev(fd, parts, count);
	if (file && written > 0)
		note_all(file, parts, count, offset, written);
	pthread_mutex_unlock(&lock);
	return written;
}

ssize_t write(int fd, const void *data, size_t length)
{
	struct iovec part = { (void *)data, length };
	return root ? writev(fd, &part, 1) : real_write(fd, data, length);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t offset)
{
	if (!root)
		return real_pwritev(fd, parts, count, offset);
	pthread_mutex_lock(&lock);
	struct file *file = track(fd);
	ssize_t written = file && fails(&writes, fail_write, ENOSPC) ? -1 : real_pwritev(fd, parts, count, offset);
	if (file && written > 0)
		note_all(file, parts, count, offset, written);
	pthread_mutex_unlock(&lock);
	return written;
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
	return pwritev64(fd, parts, count, offset);
}

int ftruncate64(int fd, off_t length)
{
	if (!root)
		return real_ftruncate(fd, length);
	pthread_mutex_lock(&lock);
	struct file *file = track(fd);
	int result = real_ftruncate(fd, length);
	if (file && !result)
		note(file, NULL, 0, length, 1);
	pthread_mutex_unlock(&lock);
	return result;
}

int ftruncate(int fd, off_t length)
{
	return ftruncate64(fd, length);
}

static int sync_with(int fd, int (*real)(int))
{
	if (!root)
		return real(fd);
	pthread_mutex_lock(&lock);
	struct file *file = track(fd);
	int failed = file && fails(&syncs, fail_sync, EIO);
	if (file && !failed)
		make_durable(file);
	pthread_mutex_unlock(&lock);
	if (failed) {
		errno = EIO;
		return -1;
	}
	return file ? 0 : real(fd);
}

int fsync(int fd)
{
	return sync_with(fd, real_fsync);
}

int fdatasync(int fd)
{
	return sync_with(fd, real_fdatasync);
}

int sync_file_range(int fd, off_t offset, off_t length, unsigned flags)
{
	if (!root)
		return real_sync_file_range(fd, offset, length, flags);
	pthread_mutex_lock(&lock);
	struct file *file = track(fd);
	pthread_mutex_unlock(&lock);
	return file ? 0 : real_sync_file_range(fd, offset, length, flags);
}

int close(int fd)
{
	if (!root || fd < 0 || fd >= MAX_FD)
		return real_close(fd);
	pthread_mutex_lock(&lock);
	descriptors[fd].seen = NOT_SEEN;
	int result = real_close(fd);
	pthread_mutex_unlock(&lock);
	return result;
}
