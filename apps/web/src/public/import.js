// Shows how much of a large file has been sent. Without this script the form works as any other.
const form = document.querySelector('form[data-upload]');
const progress = document.querySelector('progress');

form?.addEventListener('submit', (event) => {
  event.preventDefault();
  const request = new XMLHttpRequest();
  request.open('POST', form.action);
  request.setRequestHeader('accept', 'application/json');
  request.responseType = 'json';
  request.upload.addEventListener('progress', ({ loaded, total }) => {
    progress.hidden = false;
    progress.max = total;
    progress.value = loaded;
  });
  // Whatever went wrong, the browser shows it best: it sends the form itself.
  request.addEventListener('load', () => {
    if (request.response?.location) location.assign(request.response.location);
    else form.submit();
  });
  request.addEventListener('error', () => form.submit());
  request.send(new FormData(form));
});
