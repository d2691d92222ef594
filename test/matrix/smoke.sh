# What has to work in every cell of ./check --matrix; a script of Sinter's shell. Variables are set
# by tools/harness/matrix.py.

svc wait || exit 1
svc list > /tmp/list || exit 1
while read name state rest; do
    [ "$state" = failed ] && { echo "$name has failed"; exit 2; }
done < /tmp/list

echo through the fifo > /dev/fifo &
[ "$(cat /dev/fifo)" = "through the fifo" ] || { echo "the fifo has lost a line"; exit 3; }
wait

if [ "$boot" = uboot ]; then
    ls -l ${boot_disk}p1 ${boot_disk}p2 || exit 4
fi
if [ "$(sha256sum $disk)" != "$disk_sha256  $disk" ]; then
    echo "$disk is not as it was made"
    exit 4
fi

[ "$(seq 1 1000 | cat | wc -l)" -eq 1000 ] || { echo "a pipeline has lost lines"; exit 5; }

svc kill fifo --fault null || exit 6
echo after the crash > /dev/fifo &
[ "$(cat /dev/fifo)" = "after the crash" ] || { echo "the fifo did not come back"; exit 7; }
wait
svc wait fifo || exit 8
found=no
for word in $(svc log fifo); do
    [ "$word" = backtrace: ] && found=yes
done
[ $found = yes ] || { echo "the crash left no report"; exit 9; }

svc stop fifo && svc start fifo && svc wait fifo || { echo "the fifo does not stop and start"; exit 10; }
echo again > /dev/fifo &
[ "$(cat /dev/fifo)" = again ] || { echo "the fifo does not work after a start"; exit 11; }
wait
